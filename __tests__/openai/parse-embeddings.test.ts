import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodedVector, decodeFloats } from '../../src/openai/embedding-vectors.js';
import { parseEmbeddings } from '../../src/openai/parse-embeddings.js';

const [ONE, TWO] = ['AACAPwAAAMA=', 'AAAAPwAAgD4='];
const [VECTOR_ONE, VECTOR_TWO] = [new DecodedVector([1, -2]), new DecodedVector([0.5, 0.25])];
const parse = (text: string) => parseEmbeddings(Buffer.from(text));

/** JSON, with every text under a key `embedding` of the entries decoded, if it is a vector. */
function decoded(text: string): unknown {
  const json = JSON.parse(text);
  for (const entry of Array.isArray(json?.data) ? json.data : []) {
    if (typeof entry?.embedding === 'string') entry.embedding = decodeFloats(entry.embedding) ?? entry.embedding;
  }
  return json;
}

describe('an answer with vectors', () => {
  it('is JSON, with the vectors that came as base64 decoded', () => {
    const text = JSON.stringify({
      data: [
        { index: 1, embedding: ONE },
        { embedding: TWO, index: 0 },
        { index: 2, embedding: [3, 4] },
      ],
      model: 'é 😀',
      usage: { prompt_tokens: 2 },
    });
    expect(parse(text)).toEqual({
      data: [
        { index: 1, embedding: VECTOR_ONE },
        { embedding: VECTOR_TWO, index: 0 },
        { index: 2, embedding: [3, 4] },
      ],
      model: 'é 😀',
      usage: { prompt_tokens: 2 },
    });
  });

  it('may be indented, or begin with a byte order mark', () => {
    const answer = { data: [{ embedding: ONE }] };
    for (const text of [JSON.stringify(answer, null, 2), `\uFEFF${JSON.stringify(answer)}`]) {
      expect(parse(text)).toEqual({ data: [{ embedding: VECTOR_ONE }] });
    }
  });

  it.each([
    ['a sentence in place of a vector', { data: [{ embedding: 'not available' }, { embedding: ONE }] }],
    ['a number in place of a vector', { data: [{ embedding: 0 }, { embedding: ONE }] }],
    ['a text that speaks of vectors', { note: `{"embedding":"${ONE}"}`, data: [{ embedding: ONE }] }],
    ['a text that ends in a quote', { note: '"embedding":"', data: [{ embedding: ONE }] }],
    ['a vector in the wrong place', { embedding: ONE, data: 'none' }],
    ['no entries', { data: [null, 1, 'x', [ONE]] }],
    ['no object', [1]],
  ])('is read as any JSON with %s', (_what, answer) => {
    const { embedding: elsewhere, ...rest } = answer as { embedding?: string };
    const read = parse(JSON.stringify(answer)) as { embedding?: string };
    if (elsewhere === undefined) expect(read).toEqual(decoded(JSON.stringify(answer)));
    else expect(read).toMatchObject(rest);
  });

  it('may escape its slashes, as PHP does: it is decoded later', () => {
    const text = `{"data":[{"embedding":"${'//8AAP//AAA='.replaceAll('/', '\\/')}"}]}`;
    expect(parse(text)).toEqual({ data: [{ embedding: '//8AAP//AAA=' }] });
  });

  it.each(['', 'no JSON', '{"data":[{"embedding":"AACAPw==', '{"data":[{"embedding":', `{"embedding":"${ONE}"`])(
    'is none when it is no JSON: %j',
    (text) => {
      expect(() => parse(text)).toThrow(SyntaxError);
    },
  );

  it('leaves no prototype behind', () => {
    const read = parse(`{"data":[{"embedding":"${ONE}","__proto__":{"polluted":1}}]}`) as { data: object[] };
    expect(Object.keys(read.data[0] as object)).toEqual(['embedding']);
  });

  it('is the same as JSON.parse and decoding, whatever it holds', () => {
    const vector = fc
      .array(fc.float(), { minLength: 1, maxLength: 5 })
      .map((values) => Buffer.from(Float32Array.from(values).buffer).toString('base64'));
    const entry = fc.record(
      { embedding: fc.oneof(vector, fc.string(), fc.jsonValue()), index: fc.nat(), note: fc.string() },
      { requiredKeys: [] },
    );
    const answer = fc.record({ data: fc.array(fc.oneof(entry, fc.jsonValue())), model: fc.string() });
    const indent = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(answer, indent, (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parse(text)).toEqual(decoded(text));
      }),
    );
  });

  it('cut anywhere is no JSON, and nothing worse', () => {
    const text = JSON.stringify({ data: [{ embedding: ONE }, { embedding: TWO }] });
    for (let end = 0; end < text.length; end++) expect(() => parse(text.slice(0, end))).toThrow(SyntaxError);
  });
});
