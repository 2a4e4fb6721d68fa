import { describe, expect, it } from 'vitest';
import { deferred } from '../../../lab/deferred.js';
import { fakeClock } from '../../../lab/fake-clock.js';
import { cacheKey } from '../../../src/models/cache/cache-key.js';
import { type CacheEntry, type CacheStore, ResponseCache } from '../../../src/models/cache/response-cache.js';

const TTL_MS = 60_000;

function createCache(store?: CacheStore) {
  const clock = fakeClock();
  const failures: number[] = [];
  const options = { ttlMs: TTL_MS, clock, store, onStoreFailure: () => void failures.push(clock.now()) };
  const cache = new ResponseCache<{ value: unknown }>(options);
  /** Asks for a key as an operation does. @returns the value, and how often upstream was asked in all. */
  let asked = 0;
  const ask = async (key: string, value: unknown = `${key} answered`) => {
    const kept = await cache.get(key);
    if (kept) return kept.value;
    const run = async () => {
      asked++;
      return { value };
    };
    return (await cache.fill(key, undefined, run)).result.value;
  };
  return { cache, clock, ask, failures, asked: () => asked };
}

/** A store like an agent's database: what goes in comes out as JSON. */
function memoryStore() {
  const kept = new Map<string, string>();
  const store: CacheStore = {
    read: async (key) => JSON.parse(kept.get(key) ?? 'null'),
    write: async (key, entry) => kept.set(key, JSON.stringify(entry)),
    remove: async (key) => kept.delete(key),
  };
  return { kept, store };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('an answer', () => {
  it('is kept for its time, to the millisecond, and asked for again after it', async () => {
    const { ask, clock, asked } = createCache();
    await ask('a');
    clock.advance(TTL_MS - 1);
    expect([await ask('a'), asked()]).toEqual(['a answered', 1]);
    clock.advance(1);
    await ask('a');
    expect(asked()).toBe(2);
  });

  it.each([
    ['a vector', [1, 2, 3]],
    ['an object', { nested: { list: [{ a: 1 }] } }],
    ['a list that begins with a number', [1, { a: 1 }]],
  ])('that is %s is a copy for each caller, which may change it', async (_, value) => {
    const { ask } = createCache();
    const spoil = (given: unknown) => {
      for (const [key, child] of Object.entries(given as object)) {
        if (typeof child === 'object') spoil(child);
        delete (given as Record<string, unknown>)[key];
      }
    };
    const whole = JSON.stringify(value);
    spoil(await ask('a', value));
    const second = await ask('a');
    expect(JSON.stringify(second)).toBe(whole);
    spoil(second);
    expect(JSON.stringify(await ask('a'))).toBe(whole);
  });

  it('is never a failure: the next one asks again', async () => {
    const { cache, ask } = createCache();
    const down = new Error('down');
    expect(await cache.fill('a', undefined, () => Promise.reject(down)).catch((error) => error)).toBe(down);
    expect(await ask('a')).toBe('a answered');
  });

  it('that was used the longest ago gives way beyond ten thousand, and beyond 64 MiB', async () => {
    const { cache, ask } = createCache();
    for (let i = 0; i <= 10_000; i++) await ask(`key ${i}`, i);
    expect([await cache.get('key 0'), await cache.get('key 10000')]).toEqual([undefined, { value: 10_000 }]);
    const megabyte = 'x'.repeat(512 * 1024);
    for (let i = 0; i < 70; i++) await ask(`large ${i}`, megabyte);
    expect(await cache.get('large 0')).toBeUndefined();
    expect(await cache.get('key 10000')).toBeUndefined();
    expect((await cache.get('large 69'))?.value).toBe(megabyte);
  });
});

describe('callers that miss the same answer together', () => {
  const held = () => {
    const answer = deferred<{ value: unknown }>();
    const signals: AbortSignal[] = [];
    const run = (signal: AbortSignal) => {
      signals.push(signal);
      return answer.promise;
    };
    return { run, signals, release: (value: unknown) => answer.resolve({ value }), fail: answer.reject };
  };

  it('wait for one call, which was made for the first of them', async () => {
    const { cache } = createCache();
    const { run, signals, release } = held();
    const spoiling = cache.fill('a', undefined, run).then(({ result, joined }) => {
      (result.value as number[]).fill(0);
      return joined;
    });
    const second = cache.fill('a', undefined, run);
    release([1, 2]);
    expect(signals).toHaveLength(1);
    expect(await spoiling).toBe(false);
    expect(await second).toEqual({ result: { value: [1, 2] }, joined: true });
    expect((await cache.get('a'))?.value).toEqual([1, 2]);
  });

  it('fail together, and nothing is kept', async () => {
    const { cache } = createCache();
    const { run, fail } = held();
    const calls = [cache.fill('a', undefined, run), cache.fill('a', undefined, run)];
    fail(new Error('down'));
    for (const call of calls) expect(await call.catch((error) => error.message)).toBe('down');
    expect(await cache.get('a')).toBeUndefined();
  });

  it('go on when the one it was made for leaves; with the last one the call is cancelled', async () => {
    const { cache } = createCache();
    const { run, signals, release } = held();
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
    const first = cache.fill('a', one.signal, run).catch((error) => error.message);
    const second = cache.fill('a', two.signal, run);
    one.abort(new Error('gone'));
    expect([await first, signals[0]?.aborted]).toEqual(['gone', false]);
    release('answer');
    expect((await second).result.value).toBe('answer');
    const third = cache.fill('b', three.signal, run).catch((error) => error.message);
    three.abort(new Error('gone, too'));
    expect([await third, signals[1]?.aborted]).toEqual(['gone, too', true]);
  });
});

describe('the store', () => {
  it('gives an answer back after a restart, for the rest of its time', async () => {
    const { store } = memoryStore();
    const before = createCache(store);
    await before.ask('a', [0.5, 0.25]);
    await settle();
    const after = createCache(store);
    expect([await after.ask('a'), after.asked()]).toEqual([[0.5, 0.25], 0]);
    after.clock.advance(TTL_MS);
    await after.ask('a');
    expect(after.asked()).toBe(1);
  });

  it('is rid of an answer whose time is over, or that gave way', async () => {
    const { store, kept } = memoryStore();
    const { cache, clock, ask } = createCache(store);
    await ask('a');
    await settle();
    clock.advance(TTL_MS);
    await cache.get('a');
    await settle();
    expect(kept.size).toBe(0);
    for (let i = 0; i <= 10_000; i++) await ask(`key ${i}`, i);
    await settle();
    expect(kept.has('key 0')).toBe(false);
    expect(kept.size).toBe(10_000);
  });

  const laterBy = (ms: number) => fakeClock().wallNow() + ms;
  it.each([
    ['a text', 'text'],
    ['a number', 7],
    ['a list', [1, 2]],
    ['an empty object', {}],
    ['no expiry', { value: 'x' }],
    ['no value', { expiresAt: laterBy(1_000) }],
    ['null for a value', { value: null, expiresAt: laterBy(1_000) }],
    ['a text for an expiry', { value: 'x', expiresAt: String(laterBy(1_000)) }],
    ['null for an expiry', { value: 'x', expiresAt: null }],
    ['NaN for an expiry', { value: 'x', expiresAt: Number.NaN }],
    ['Infinity for an expiry', { value: 'x', expiresAt: Number.POSITIVE_INFINITY }],
    ['an expiry that has passed', { value: 'x', expiresAt: laterBy(0) }],
    ['an expiry further away than the time to live', { value: 'x', expiresAt: laterBy(TTL_MS + 1) }],
    ['an expiry in some thousand years', { value: 'x', expiresAt: 1e15 }],
    ['its fields in a prototype', JSON.parse(`{ "__proto__": { "value": "x", "expiresAt": ${laterBy(1_000)} } }`)],
    ['its fields in a prototype, really', Object.create({ value: 'x', expiresAt: laterBy(1_000) })],
    ['a value that cannot be read', Object.defineProperty({}, 'value', { enumerable: true, get: () => expect.fail() })],
    ['a value that is code', { value: () => 'x', expiresAt: laterBy(1_000) }],
  ])('that gives back %s has missed, and the entry is removed', async (_, entry) => {
    const { store } = memoryStore();
    const removed: string[] = [];
    const remove = async (key: string) => removed.push(key);
    const { cache } = createCache({ ...store, read: async () => entry, remove });
    expect(await cache.get('a')).toBeUndefined();
    await settle();
    expect(removed).toEqual(['a']);
  });

  it.each([[null], [undefined], [false], ['']])(
    'that gives back %j has missed, and there is nothing to remove',
    async (entry) => {
      const remove = async () => expect.fail('removed');
      const { ask, asked } = createCache({ ...memoryStore().store, read: async () => entry, remove });
      expect([await ask('a'), asked()]).toEqual(['a answered', 1]);
    },
  );

  it('has missed where its value is refused, and the entry is removed', async () => {
    const { store, kept } = memoryStore();
    await store.write('a', { value: 'x', expiresAt: laterBy(1_000) });
    const { cache } = createCache(store);
    expect(await cache.get('a', (value) => value !== 'x')).toBeUndefined();
    await settle();
    expect(kept.size).toBe(0);
    await store.write('b', { value: 'y', expiresAt: laterBy(1_000) });
    expect(await cache.get('b', (value) => value !== 'x')).toEqual({ value: 'y' });
  });

  it('and memory keep no answer for longer when the system clock is set back', async () => {
    const { ask, clock, asked } = createCache(memoryStore().store);
    await ask('a');
    clock.setWallClock(-3_600_000);
    await ask('a');
    expect(asked()).toBe(2);
  });

  it('that fails costs no answer, and the failure is reported', async () => {
    const broken = () => Promise.reject(new Error('no database'));
    const { ask, failures, asked } = createCache({ read: broken, write: broken, remove: broken });
    expect(await ask('a')).toBe('a answered');
    await settle();
    expect([await ask('a'), asked()]).toEqual(['a answered', 1]);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('that fails costs no answer although its failure cannot be reported either', async () => {
    const broken = () => Promise.reject(new Error('no database'));
    const onStoreFailure = () => {
      throw new Error('no logger');
    };
    const store = { read: broken, write: broken, remove: broken };
    const cache = new ResponseCache({ ttlMs: TTL_MS, clock: fakeClock(), store, onStoreFailure });
    expect(await cache.get('a')).toBeUndefined();
    await settle();
  });

  it('that throws before it returns a promise is no worse', async () => {
    const broken = () => {
      throw new Error('no database');
    };
    const { ask } = createCache({ read: broken, write: broken, remove: broken });
    expect(await ask('a')).toBe('a answered');
  });

  it('that does not answer is waited for no longer than a quarter of a second', async () => {
    const { cache, clock } = createCache({ ...memoryStore().store, read: () => new Promise(() => {}) });
    const kept = cache.get('a');
    clock.advance(250);
    expect(await kept).toBeUndefined();
  });

  it('gets no prompt: a key is a hash, and differs with anything that an answer depends on', () => {
    const entry: CacheEntry = { value: 'x', expiresAt: 1 };
    expect(Object.keys(entry)).toEqual(['value', 'expiresAt']);
    const key = cacheKey(['http://a', 'TEXT_SMALL', 'm', { prompt: 'a secret' }]);
    expect(key).toMatch(/^elizanet-fallback:[0-9a-f]{64}$/);
    const others = [
      cacheKey(['http://b', 'TEXT_SMALL', 'm', { prompt: 'a secret' }]),
      cacheKey(['http://a', 'TEXT_LARGE', 'm', { prompt: 'a secret' }]),
      cacheKey(['http://a', 'TEXT_SMALL', 'n', { prompt: 'a secret' }]),
      cacheKey(['http://a', 'TEXT_SMALL', 'm', { prompt: 'another secret' }]),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
    expect(cacheKey(['http://a', 'TEXT_SMALL', 'm', { prompt: 'a secret' }])).toBe(key);
  });
});
