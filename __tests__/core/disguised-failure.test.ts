import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDisguise } from '../../src/core/disguised-failure.js';
import { fallbackVector } from '../../src/core/fallback-vectors.js';

const APOLOGY = 'Error generating text. Please try again later.';
const TEXT = { text: 'hello' };
const WIDTH = 768;
const REAL = Array.from({ length: WIDTH }, (_, i) => Math.sin(i + 1));
const withElement = (element: unknown, at = WIDTH / 2) => [...REAL.slice(0, at), element, ...REAL.slice(at + 1)];

class Person {
  constructor(private readonly given: string) {}
  get name() {
    return this.given;
  }
}
class Student extends Person {}

describe('results that stand in place of an answer', () => {
  it.each([
    ['groq', 'TEXT_SMALL', {}, APOLOGY],
    ['ollama', 'TEXT_LARGE', {}, APOLOGY],
    ['groq', 'OBJECT_SMALL', {}, {}],
    ['ollama', 'OBJECT_LARGE', {}, {}],
    ['groq', 'TRANSCRIPTION', {}, 'Error transcribing audio. Please try again later.'],
    ['groq', 'IMAGE', {}, [{ url: '' }]],
    ['ollama', 'TEXT_EMBEDDING', TEXT, Array(1536).fill(0)],
    ['elizacloud', 'TEXT_EMBEDDING', TEXT, fallbackVector('API_ERROR', 1536)],
    ['google-genai', 'TEXT_SMALL', {}, ''],
    ['google-genai', 'TEXT_EMBEDDING', 'hello', fallbackVector('NETWORK_ERROR', 768)],
    ['anyone', 'TEXT_EMBEDDING', TEXT, []],
    ['anyone', 'TEXT_SMALL', {}, undefined],
    ['anyone', 'IMAGE', {}, undefined],
    ['anyone', 'OBJECT_SMALL', {}, null],
    ['anyone', 'TEXT_EMBEDDING', TEXT, undefined],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, { nam: 1 }],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, null],
    ['groq', 'TEXT_TOKENIZER_ENCODE', { prompt: 'hello' }, []],
    ['groq', 'TEXT_TOKENIZER_DECODE', { tokens: [24912] }, ''],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['openrouter', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['elizaOSCloud', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, ''],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, { title: 'Image Analysis', description: '' }],
    ['anyone', 'IMAGE_DESCRIPTION', {}, {}],
    ['anyone', 'IMAGE_DESCRIPTION', {}, undefined],
    ['openrouter', 'IMAGE', {}, []],
    ['openai', 'IMAGE', {}, undefined],
    ['elizaOSCloud', 'IMAGE', {}, [{ url: undefined }]],
    ['groq', 'TRANSCRIPTION', {}, undefined],
    ['anyone', 'TEXT_TO_SPEECH', {}, Buffer.alloc(0)],
    ['anyone', 'TEXT_TO_SPEECH', {}, null],
    ['anyone', 'TEXT_TO_SPEECH', {}, new Blob([])],
    ['anyone', 'TEXT_TO_SPEECH', {}, []],
    ['groq', 'TEXT_NANO', {}, APOLOGY],
    ['ollama', 'REASONING_LARGE', {}, APOLOGY],
    ['groq', 'TEXT_SMALL', {}, `${APOLOGY}\n`],
    ['ollama', 'TEXT_LARGE', {}, ` \r\n${APOLOGY} \u00a0\n\n`],
    ['groq', 'TEXT_LARGE', {}, APOLOGY.replaceAll(' ', '\u00a0')],
    ['groq', 'TRANSCRIPTION', {}, 'Error transcribing audio. Please try again later.\u00a0'],
    ['groq', 'OBJECT_SMALL', {}, { error: APOLOGY }],
    ['ollama', 'OBJECT_LARGE', {}, Object.assign(Object.create(null), { text: `${APOLOGY}\n` })],
    ['ollama', 'OBJECT_SMALL', {}, Object.create(null)],
    ['ollama', 'OBJECT_SMALL', {}, runInNewContext('({})')],
    ['google-genai', 'TEXT_LARGE', {}, ' \n'],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image ', description: 'Error' }],
    ['anyone', 'IMAGE_DESCRIPTION', {}, { title: '\u00a0', description: [], other: ['Image Analysis'][1] }],
    ['anyone', 'IMAGE', {}, [{}]],
    ['anyone', 'IMAGE', {}, [{ embedding: 'none' }]],
    ['anyone', 'IMAGE', {}, ['', { url: ' ' }]],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['toString'] } }, {}],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['constructor'] } }, runInNewContext('({})')],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['age'] } }, new Student('Ada')],
    ['anyone', 'OBJECT_LARGE', runInNewContext("({ schema: { required: ['name'] } })"), {}],
    ['anyone', 'OBJECT_LARGE', Object.assign(Object.create(null), { schema: { required: ['name'] } }), {}],
  ])('%s %s', (provider, modelType, params, result) => {
    expect(findDisguise(provider, modelType, params, result)).toBeTypeOf('string');
  });
});

describe('results that are answers', () => {
  it.each([
    ['openai', 'TEXT_SMALL', {}, APOLOGY],
    ['openai', 'TEXT_SMALL', {}, ''],
    ['groq', 'TEXT_SMALL', {}, 'Error generating text is a common complaint.'],
    ['groq', 'OBJECT_SMALL', {}, { a: 1 }],
    ['openai', 'OBJECT_SMALL', {}, {}],
    ['openai', 'OBJECT_SMALL', { schema: { required: ['name'] } }, { name: undefined }],
    ['openai', 'OBJECT_SMALL', { output: 'array', schema: { required: ['name'] } }, []],
    ['openai', 'OBJECT_SMALL', { output: 'array', schema: { required: ['name'] } }, { people: [{ name: 'Ada' }] }],
    ['openai', 'OBJECT_SMALL', { output: 'enum', schema: { required: ['name'] } }, 'joy'],
    ['openai', 'TEXT_EMBEDDING', null, fallbackVector('NULL_INPUT', 1536)],
    ['openai', 'TEXT_EMBEDDING', { text: ' ' }, fallbackVector('EMPTY_TEXT', 1536)],
    ['openai', 'TEXT_EMBEDDING', TEXT, [0, 0.2, 0]],
    ['openai', 'IMAGE', {}, [{ b64_json: 'aGk=' }]],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'A cat', description: '' }],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'Image Analysis', description: 'A cat sleeps.' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, 'A cat sleeps.'],
    ['anyone', 'IMAGE_DESCRIPTION', {}, { caption: 'A cat' }],
    ['openai', 'TRANSCRIPTION', {}, ''],
    ['openai', 'TEXT_TO_SPEECH', {}, new ArrayBuffer(4)],
    ['groq', 'TEXT_TO_SPEECH', {}, new ReadableStream()],
    ['openai', 'TEXT_TOKENIZER_ENCODE', { prompt: 'hello' }, [24912]],
    ['openai', 'TEXT_TOKENIZER_ENCODE', { prompt: '' }, []],
    ['openai', 'TEXT_TOKENIZER_DECODE', { tokens: [] }, ''],
    ['openai', 'TEXT_TOKENIZER_ENCODE', { prompt: 'hello' }, new Uint32Array([24912])],
    ['groq', 'TEXT_TOKENIZER_DECODE', { tokens: [1] }, APOLOGY],
    ['groq', 'TEXT_SMALL', {}, `${APOLOGY} ${APOLOGY}`],
    ['groq', 'TEXT_SMALL', {}, `${APOLOGY}${' '.repeat(10_000)}A long answer.`],
    ['groq', 'OBJECT_SMALL', {}, { error: APOLOGY, retry: true }],
    ['openai', 'OBJECT_SMALL', {}, { error: APOLOGY }],
    ['groq', 'OBJECT_SMALL', {}, new Map([['a', 1]])],
    ['anyone', 'TEXT_LARGE', {}, ' \n'],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, new Student('Ada')],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, runInNewContext("({ name: 'Ada' })")],
    ['anyone', 'OBJECT_SMALL', runInNewContext("({ schema: { required: ['a'] } })"), { a: 1 }],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['constructor'] } }, { constructor: 1 }],
    ['anyone', 'IMAGE', {}, ['https://example.com/a.png']],
    ['anyone', 'IMAGE', {}, [new Uint8Array([137, 80])]],
    ['anyone', 'IMAGE', {}, [new Blob(['x'])]],
    ['anyone', 'IMAGE_DESCRIPTION', {}, { title: '', tags: ['cat'] }],
    ['anyone', 'TEXT_TO_SPEECH', {}, new Blob(['x'])],
    ['__proto__', 'constructor', {}, 'an answer'],
    ['__proto__', 'toString', {}, { a: 1 }],
    ['groq', '__proto__', {}, APOLOGY],
    ['anyone', 'constructor', {}, 'an answer'],
    ['anyone', 'hasOwnProperty', {}, {}],
  ])('%s %s %o', (provider, modelType, params, result) => {
    expect(findDisguise(provider, modelType, params, result)).toBeUndefined();
  });
});

describe('an embedding of a text', () => {
  const fail = () => {
    throw new Error('hostile');
  };
  const disguiseOf = (result: unknown) => findDisguise('anyone', 'TEXT_EMBEDDING', TEXT, result);

  it.each([
    ['nulls', Array(WIDTH).fill(null)],
    ['NaN', Array(WIDTH).fill(Number.NaN)],
    ['a null in the middle', withElement(null)],
    ['a NaN at the end', withElement(Number.NaN, WIDTH - 1)],
    ['Infinity', withElement(Number.POSITIVE_INFINITY)],
    ['-Infinity in the first place', withElement(Number.NEGATIVE_INFINITY, 0)],
    ['a text in the middle', withElement('0.5')],
    ['texts', REAL.map(String)],
    ['bigints', BigInt64Array.from([1n, 2n, 3n])],
    ['a hole', Object.assign([0.5], { 2: 0.5 })],
    ['nothing but holes', new Array(WIDTH)],
    ['a list in a list', [REAL]],
    ['a NaN in a typed array', Float32Array.from(withElement(Number.NaN) as number[])],
    ['nothing', []],
    ['nothing, in a typed array', new Float32Array(0)],
    ['zeros, in a typed array', new Float32Array(WIDTH)],
    ['a mark, in a typed array', Float64Array.from(fallbackVector('API_ERROR', WIDTH))],
    ['a text', REAL.join()],
    ['an object around it', { embedding: REAL }],
    ['an array-like without elements', { length: 3 }],
    ['an array-like of no sensible length', { length: 1.5, 0: 1, 1: 2 }],
    ['elements that cannot be read', new Proxy([1, 2], { get: (_, key) => (key === 'length' ? 2 : fail()) })],
    ['bytes without a type', new DataView(new ArrayBuffer(8))],
  ])('is a failure in disguise with %s', (_, result) => {
    expect(disguiseOf(result)).toMatch(/vector/);
  });

  it.each([
    ['an array', REAL],
    ['an array of another realm', runInNewContext('[0.5, 0.25, -1]')],
    ['a Float32Array', Float32Array.from(REAL)],
    ['a Float64Array', Float64Array.from(REAL)],
    ['a Float32Array of another realm', runInNewContext('Float32Array.from([0.5, 0.25])')],
    ['an Int8Array, as quantised models give', Int8Array.from([3, -7, 127])],
    ['an array-like', { length: 3, 0: 0.5, 1: -0.25, 2: 0 }],
    ['integers', [1, 2, 3]],
    ['nearly nothing but zeros', [...new Array(WIDTH - 1).fill(0), 1e-9]],
  ])('is an answer as %s', (_, result) => {
    expect(disguiseOf(result)).toBeUndefined();
  });

  it('is an answer whenever it is a list of finite numbers that is not zero behind the first', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const lists = fc.tuple(finite, fc.array(finite, { minLength: 1, maxLength: 50 })).map(([a, rest]) => [a, ...rest]);
    fc.assert(
      fc.property(lists, fc.boolean(), (list, typed) => {
        const expected = list.slice(1).every((value) => value === 0) ? 'a placeholder vector' : undefined;
        expect(disguiseOf(typed ? Float64Array.from(list) : list)).toBe(expected);
      }),
    );
  });

  it('is a failure wherever in it something other than a finite number stands', () => {
    const bad = fc.oneof(
      fc.constantFrom(null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1n, [], {}),
      fc.string(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(bad, fc.nat(WIDTH - 1), (element, at) => {
        expect(disguiseOf(withElement(element, at))).toBe('a vector with something other than numbers');
      }),
    );
  });
});

describe('a hostile result', () => {
  const throwing: ProxyHandler<object> = new Proxy(
    {},
    {
      get: () => () => {
        throw new Error('hostile');
      },
    },
  );
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const endless: object = new Proxy({}, { getPrototypeOf: () => endless, has: () => false });
  const hostiles: unknown[] = [
    new Proxy({}, throwing),
    new Proxy([], throwing),
    new Proxy(() => {}, throwing),
    revoked(),
    endless,
    new Proxy([], { get: (_, key) => (key === 'length' ? Number.MAX_SAFE_INTEGER : 0.5) }),
    ...['text', 'title', 'url', 'schema', 'length', 'byteLength'].map((key) =>
      Object.defineProperty({}, key, {
        enumerable: true,
        get: () => {
          throw new Error('hostile');
        },
      }),
    ),
    { schema: { required: [{ toString: null }, Symbol('key'), 'a'] } },
    { schema: { required: new Proxy([], throwing) } },
    { title: Object.create(null), description: Symbol('text') },
  ];
  // In a function: fast-check itself reads the values that it makes.
  const hostile = fc.oneof(
    fc.nat(hostiles.length - 1).map((i) => () => hostiles[i]),
    fc
      .anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
      })
      .map((value) => () => value),
  );
  const names = fc.constantFrom('groq', 'ollama', 'google-genai', 'openai', '__proto__', 'constructor', 'toString');
  const types = fc.constantFrom(
    ...['TEXT_SMALL', 'TEXT_EMBEDDING', 'OBJECT_SMALL', 'OBJECT_LARGE', 'IMAGE', 'IMAGE_DESCRIPTION', 'TRANSCRIPTION'],
    ...['TEXT_TO_SPEECH', 'TEXT_TOKENIZER_ENCODE', 'TEXT_TOKENIZER_DECODE', '__proto__', 'constructor', 'valueOf'],
  );

  it('is judged without throwing, from any provider and for any params', () => {
    fc.assert(
      fc.property(names, types, hostile, hostile, (provider, modelType, params, result) => {
        const disguise = findDisguise(provider, modelType, params(), result());
        expect(disguise === undefined || typeof disguise === 'string').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('passes when reading it throws', () => {
    expect(findDisguise('anyone', 'IMAGE_DESCRIPTION', {}, revoked())).toBeUndefined();
    expect(findDisguise('anyone', 'OBJECT_SMALL', { schema: { required: ['a'] } }, revoked())).toBeUndefined();
  });

  it.each([
    ['TEXT_LARGE', 'x'.repeat(15_000_000)],
    ['TEXT_LARGE', ' '.repeat(15_000_000)],
    ['IMAGE_DESCRIPTION', Buffer.alloc(15_000_000, 1)],
    ['IMAGE_DESCRIPTION', { title: ' '.repeat(15_000_000), description: 'A cat' }],
    ['IMAGE', [Buffer.alloc(15_000_000)]],
    ['OBJECT_LARGE', { list: new Array(2_000_000).fill('x') }],
    ['OBJECT_LARGE', Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`key ${i}`, i]))],
    ['TEXT_EMBEDDING', new Array(2_000_000).fill(0.5)],
    ['TEXT_EMBEDDING', new Proxy([], { get: (_, key) => (key === 'length' ? Number.MAX_SAFE_INTEGER : 0.5) })],
  ])('of 15 MB is judged in a moment: %s', (modelType, result) => {
    const startedAt = performance.now();
    for (const provider of ['groq', 'google-genai', 'anyone']) {
      findDisguise(provider, modelType, { text: 'hello', schema: { required: ['key 7'] } }, result);
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

it("the specification's vectors are marked, and as wide as asked", () => {
  expect(fallbackVector('NULL_INPUT', 3)).toEqual([0.1, 0, 0]);
  expect(fallbackVector('EMPTY_TEXT', 2)).toEqual([0.3, 0]);
  expect(fallbackVector('API_ERROR', 2)).toEqual([0.4, 0]);
  expect(fallbackVector('NETWORK_ERROR', 2)).toEqual([0.6, 0]);
});
