import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLiteral } from '../../src/core/classify/read-literal.js';

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

it('reads any JSON as JSON.parse does, up to its depth', () => {
  const key = fc.string().filter((name) => name !== '__proto__' && name !== 'toJSON');
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, json, { maxKeys: 4 }), (value) => {
      expect(plain(readLiteral(JSON.stringify(value)))).toEqual(plain(value));
      expect(plain(readLiteral(JSON.stringify(value, null, 2)))).toEqual(plain(value));
    }),
  );
});

it.each([
  [
    `{'error': {'message': "It's late", 'code': 429, 'param': None, 'ok': True}}`,
    { error: { message: "It's late", code: 429, param: null, ok: true } },
  ],
  [`{'error': 'a \\'quoted\\' word', 'n': -1.5}`, { error: "a 'quoted' word", n: -1.5 }],
  [`b'{\\n  "a": 1\\n}'`, '{\n  "a": 1\n}'],
  [`{"a": "caf\\u00e9", "b": "\\x41"}`, { a: 'café', b: 'A' }],
])('reads Python literals: %s', (text, value) => {
  expect(plain(readLiteral(text))).toEqual(value);
});

it('reads what is there of a text that was cut short, at every length', () => {
  const text = JSON.stringify({
    error: { message: 'You exceeded your quota', code: 'insufficient_quota' },
    id: [1, { a: 2 }],
  });
  for (let length = 1; length < text.length; length++) expect(readLiteral(text.slice(0, length))).toBeDefined();
  expect(plain(readLiteral(text.slice(0, 30)))).toEqual({ error: { message: 'You excee' } });
});

it.each(['', 'text', '429', 'null', 'but', '(1)'])('%j is no literal', (text) => {
  expect(readLiteral(text)).toBeUndefined();
});

it('takes no prototype from a text', () => {
  const value = readLiteral('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
  expect(Object.getPrototypeOf(value)).toBeNull();
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it.each(['[', '{', '{"a":', '[[],', "b'", '"\\', ',', ':'])('ends on a long text of %j', (unit) => {
  expect(() => readLiteral(`[${unit.repeat(100_000)}`)).not.toThrow();
});
