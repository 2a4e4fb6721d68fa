import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vectorOf } from '../../../lab/embedding-replies.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { collector, createGuarded, type Guarded, primary, statusError } from '../../../lab/guarded.js';

const TTL_MS = 60_000;
const WIDTH = 16;

let guarded: Guarded;
let clock: FakeClock;

afterEach(() => guarded.stop());

async function start(settings: Record<string, string> = {}, plugins = [] as ReturnType<typeof primary>[]) {
  clock = fakeClock();
  guarded = await createGuarded({
    plugins,
    elizaNet: { vector: (text) => vectorOf(text, WIDTH) },
    settings: { ELIZANET_CACHE_TTL: String(TTL_MS), ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH), ...settings },
    options: { clock },
  });
  return guarded.runtime;
}

const asked = () => guarded.elizaNet.calls.length;
const embed = (text: string) => guarded.runtime.useModel('TEXT_EMBEDDING', { text });
const ask = (params: Record<string, unknown>) => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...params });
const object = () => guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'hi', temperature: 0 });
const used = () => guarded.events.filter(({ name }) => name === 'MODEL_USED').length;

describe('with ELIZANET_CACHE_TTL', () => {
  it('an embedding is asked for once, and paid for once', async () => {
    await start();
    const first = await embed('a text');
    first.fill(0);
    expect(await embed('a text')).toEqual(vectorOf('a text', WIDTH));
    expect([asked(), used()]).toEqual([1, 1]);
    clock.advance(TTL_MS);
    await embed('a text');
    expect(asked()).toBe(2);
  });

  it('an embedding that fails over is kept, too, and given while ElizaNet is down', async () => {
    await start({}, [primary({ TEXT_EMBEDDING: () => Promise.reject(statusError(503)) })]);
    await embed('a text');
    guarded.elizaNet.fault = { kind: 'drop' };
    expect(await embed('a text')).toEqual(vectorOf('a text', WIDTH));
    expect(guarded.logs.at(-1)?.provider).toBe('elizanet-fallback');
  });

  it('answers of the primary are not cached', async () => {
    let calls = 0;
    await start({}, [primary({ TEXT_EMBEDDING: () => vectorOf(String(++calls), WIDTH) })]);
    calls = 0;
    await embed('a text');
    await embed('a text');
    expect(calls).toBe(2);
  });

  it('a fallback vector is never cached', async () => {
    await start();
    guarded.elizaNet.fault = { kind: 'status', status: 500 };
    expect((await embed('a text'))[0]).toBe(0.4);
    guarded.elizaNet.fault = { kind: 'none' };
    expect(await embed('a text')).toEqual(vectorOf('a text', WIDTH));
  });

  it('a text and an object are kept when they are asked for at temperature 0', async () => {
    const runtime = await start();
    expect(await ask({ temperature: 0 })).toBe(await ask({ temperature: 0 }));
    const object = { prompt: 'hi', temperature: 0 };
    const first = (await runtime.useModel('OBJECT_SMALL', object)) as Record<string, unknown>;
    first.by = 'a caller who spoils it';
    expect(await runtime.useModel('OBJECT_SMALL', object)).toEqual({ by: 'elizanet' });
    expect(asked()).toBe(2);
  });

  it.each([
    ['without a temperature', {}],
    ['at another temperature', { temperature: 0.1 }],
    ['as a stream', { temperature: 0, stream: true }],
  ])('a text is not kept when it is asked for %s', async (_, params) => {
    await start();
    for (let i = 0; i < 2; i++) {
      const answer = (await ask(params)) as unknown;
      if (typeof answer === 'object') await (answer as { text: Promise<string> }).text;
    }
    expect(asked()).toBe(2);
  });

  it('a stream with a callback is neither kept nor answered from what was kept', async () => {
    await start();
    await ask({ temperature: 0 });
    const { chunks, onStreamChunk } = collector();
    await ask({ temperature: 0, onStreamChunk });
    expect([asked(), chunks.join('')]).toEqual([2, 'ElizaNet answers this one.']);
  });

  it.each([
    ['prompt', { prompt: 'hi again' }],
    ['token limit', { maxTokens: 5 }],
    ['seed', { seed: 7 }],
  ])('a text with another %s is another text', async (_, other) => {
    await start();
    await ask({ temperature: 0 });
    await ask({ temperature: 0, ...other });
    expect(asked()).toBe(2);
  });

  it('an object of another schema is another object, and one of a zod schema is made anew each time', async () => {
    const runtime = await start();
    const object = (schema: unknown) =>
      runtime.useModel('OBJECT_SMALL', { prompt: 'hi', temperature: 0, schema: schema as never });
    const schema = { type: 'object', properties: { by: { type: 'string' } } };
    await object(schema);
    await object({ ...schema, required: ['by'] });
    await object(schema);
    expect(asked()).toBe(2);
    const zod = z.object({ by: z.string().transform((by) => by.length) });
    expect([await object(zod), await object(zod)]).toEqual([{ by: 8 }, { by: 8 }]);
    expect(asked()).toBe(4);
  });

  it('two calls for the same text at the same time are one request, and one use', async () => {
    await start();
    const answers = await Promise.all([ask({ temperature: 0 }), ask({ temperature: 0 })]);
    expect(new Set(answers).size).toBe(1);
    expect([asked(), used()]).toEqual([1, 1]);
  });

  it('a failure is thrown to every caller that waits, and the next one asks again', async () => {
    await start();
    guarded.elizaNet.fault = { kind: 'status', status: 400 };
    const results = await Promise.allSettled([ask({ temperature: 0 }), ask({ temperature: 0 })]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    guarded.elizaNet.fault = { kind: 'none' };
    expect(await ask({ temperature: 0 })).toBe('ElizaNet answers this one.');
  });
});

describe('with ELIZANET_CACHE_PERSIST', () => {
  it("an answer is in the agent's database, under a hash, with nothing of the prompt", async () => {
    const runtime = await start({ ELIZANET_CACHE_PERSIST: 'true' });
    const written: [string, unknown][] = [];
    const setCache = runtime.setCache.bind(runtime);
    runtime.setCache = async (key, value) => {
      written.push([key, value]);
      return setCache(key, value);
    };
    await ask({ prompt: 'a secret prompt', temperature: 0 });
    expect(written).toEqual([
      [
        expect.stringMatching(/^elizanet-fallback:[0-9a-f]{64}$/),
        { value: 'ElizaNet answers this one.', expiresAt: clock.wallNow() + TTL_MS },
      ],
    ]);
    expect(JSON.stringify(written)).not.toContain('secret');
    expect(await runtime.getCache(written[0]?.[0] as string)).toEqual(written[0]?.[1]);
  });

  /** Asks an agent whose database gives back this value, whatever the key. */
  async function askWithRow(value: unknown, call: () => Promise<unknown>) {
    const runtime = await start({ ELIZANET_CACHE_PERSIST: 'true' });
    let removed = 0;
    runtime.getCache = async () => ({ value, expiresAt: clock.wallNow() + 1_000 }) as never;
    runtime.deleteCache = async () => ++removed > 0;
    runtime.setCache = async () => true;
    return { answer: await call(), asked: asked(), removed };
  }

  it.each([
    ['a text', 'kept', () => ask({ temperature: 0 })],
    ['an empty list', [], () => object()],
    ['an object', { a: [{ constructor: 'Ada', b: null }] }, () => object()],
    ['a vector', vectorOf('kept', WIDTH), () => embed('a text')],
  ])('%s of the database is served without a request', async (_, value, call) => {
    expect(await askWithRow(value, call)).toEqual({ answer: value, asked: 0, removed: 0 });
  });

  const real = vectorOf('a text', WIDTH);
  it.each([
    ['null in it', [...real.slice(1), null]],
    ['a text in it', [...real.slice(1), '1']],
    ['another width', real.slice(1)],
    ['nothing in it', []],
    ['zeros', new Array(WIDTH).fill(0)],
    ['the form of an object', { ...real }],
    ['the form of a text', JSON.stringify(real)],
  ])('a vector with %s is a row to be removed, and the text is embedded again', async (_, value) => {
    expect(await askWithRow(value, () => embed('a text'))).toEqual({ answer: real, asked: 1, removed: 1 });
  });

  it.each([[{ text: 'hi' }], [['hi']], [7], [true], ['']])(
    'a text that has become %j is a row to be removed, and asked for again',
    async (value) => {
      const answer = 'ElizaNet answers this one.';
      expect(await askWithRow(value, () => ask({ temperature: 0 }))).toEqual({ answer, asked: 1, removed: 1 });
    },
  );

  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
  it.each([
    ['with a key __proto__', JSON.parse('{ "by": "elizanet", "__proto__": { "admin": true } }')],
    ['with one further down', JSON.parse('{ "list": [{ "__proto__": {} }] }')],
    ['with constructor.prototype', { constructor: { prototype: { admin: true } } }],
    ['with NaN', { by: Number.NaN }],
    ['with something that is not JSON', { by: undefined }],
    ['nested without end', deep(1_000)],
  ])('an object %s is a row to be removed, and asked for again', async (_, value) => {
    const answer = { by: 'elizanet' };
    expect(await askWithRow(value, object)).toEqual({ answer, asked: 1, removed: 1 });
  });

  it('is off by default: the database is not used', async () => {
    const runtime = await start();
    runtime.setCache = async () => expect.fail('written');
    runtime.getCache = async () => expect.fail('read');
    await ask({ temperature: 0 });
    expect(await ask({ temperature: 0 })).toBe('ElizaNet answers this one.');
    expect(asked()).toBe(1);
  });
});

describe('without ELIZANET_CACHE_TTL', () => {
  it('nothing is kept', async () => {
    await start({ ELIZANET_CACHE_TTL: '0', ELIZANET_CACHE_PERSIST: 'true' });
    for (let i = 0; i < 2; i++) {
      await embed('a text');
      await ask({ temperature: 0 });
    }
    expect(asked()).toBe(4);
  });
});
