import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../lab/client.js';
import { decodeFloats, readVectors } from '../../src/openai/embedding-vectors.js';

const CONTEXT = { endpoint: createEndpoint('http://elizanet.test'), requestId: 'request-1', model: 'm' };

function encode(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

describe('base64 of floats', () => {
  it('is read as little-endian float32, for any number of floats', () => {
    expect(decodeFloats('AACAPwAAAMAAAAA/')).toEqual([1, -2, 0.5]);
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }),
        (values) => {
          expect(decodeFloats(encode(values))).toEqual(values);
          // Some servers leave the padding out.
          expect(decodeFloats(encode(values).replace(/=+$/, ''))).toEqual(values);
        },
      ),
    );
  });

  it.each([['none'], ['not available'], ['AACAPw=A'], ['AACAP'], ['AACAPwA='], ['{"a":1}']])(
    'is not what %j is',
    (text) => {
      expect(decodeFloats(text)).toBeUndefined();
    },
  );
});

describe('the vectors of an answer', () => {
  const [a, b] = [
    [1, 2],
    [3, 4],
  ];
  const read = (data: { embedding: unknown; index?: number | null }[], count = data.length) =>
    readVectors({ data, usage: null }, count, CONTEXT);

  it('are put in the order of their texts', () => {
    expect(
      read([
        { embedding: b, index: 1 },
        { embedding: a, index: 0 },
      ]),
    ).toEqual([a, b]);
    expect(read([{ embedding: a }, { embedding: b, index: null }])).toEqual([a, b]);
    expect(
      read([
        { embedding: encode([3, 4]), index: 1 },
        { embedding: encode([1, 2]), index: 0 },
      ]),
    ).toEqual([a, b]);
  });

  it.each([
    ['one is missing', [{ embedding: a }], 2],
    ['there is one too many', [{ embedding: a }, { embedding: b }], 1],
    [
      'two claim the same place',
      [
        { embedding: a, index: 0 },
        { embedding: b, index: 0 },
      ],
      2,
    ],
    [
      'a place does not exist',
      [
        { embedding: a, index: 0 },
        { embedding: b, index: 2 },
      ],
      2,
    ],
    [
      'a place is negative',
      [
        { embedding: a, index: 0 },
        { embedding: b, index: -1 },
      ],
      2,
    ],
    [
      'a place is between two',
      [
        { embedding: a, index: 0 },
        { embedding: b, index: 0.5 },
      ],
      2,
    ],
  ])('cannot be told apart when %s', (_, data, count) => {
    expect(read(data, count)).toBeUndefined();
  });

  it.each([
    ['not finite', [1, Number.POSITIVE_INFINITY]],
    ['not a number in base64', encode([1, Number.NaN])],
    ['infinite in base64', encode([1, Number.NEGATIVE_INFINITY])],
    ['an empty text', ''],
    ['a sentence', 'not available'],
    ['null', null],
    ['an empty list', []],
    ['zero everywhere', [0, 0, 0]],
    ['zero but for the first number', encode([0.4, 0, 0])],
  ])('have an error in the place of one that is %s', (_, embedding) => {
    const [first, second] = read([{ embedding }, { embedding: b }]) ?? [];
    expect(first).toMatchObject({ code: 'INVALID_RESPONSE', requestId: 'request-1', model: 'm' });
    expect(second).toEqual(b);
  });
});
