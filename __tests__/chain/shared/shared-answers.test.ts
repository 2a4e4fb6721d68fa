import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { type FakeStore, fakeStore } from '../../../lab/shared-store.js';
import { SharedAnswers } from '../../../src/chain/shared/shared-answers.js';
import { ResponseCache } from '../../../src/models/cache/response-cache.js';

const TTL_MS = 60_000;
let clock: FakeClock;
let store: FakeStore;

beforeEach(() => {
  clock = fakeClock();
  store = fakeStore(clock);
});

const answers = (ttlMs = TTL_MS) => new SharedAnswers(store, clock, ttlMs);
const cache = (ttlMs = TTL_MS) => new ResponseCache<{ value: unknown }>({ ttlMs, clock, shared: answers(ttlMs) });
const fill = (agent: ReturnType<typeof cache>, key: string, value: unknown) =>
  agent.fill(key, undefined, async () => ({ value }));
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('answers that agents share', () => {
  it('are found by another agent, for the rest of their time', async () => {
    const [a, b] = [cache(), cache()];
    await fill(a, 'key', [1, 2]);
    clock.advance(TTL_MS - 1);
    expect(await b.get('key')).toEqual({ value: [1, 2] });
    clock.advance(1);
    expect(await b.get('key')).toBeUndefined();
    expect(await cache().get('key')).toBeUndefined();
  });

  it('are not older than the agent that reads them allows', async () => {
    await fill(cache(TTL_MS * 10), 'key', 'an answer');
    expect(await cache(1_000).get('key')).toEqual({ value: 'an answer' });
    clock.advance(1_000);
    expect(await cache(1_000).get('key')).toBeUndefined();
    expect(await cache(TTL_MS * 10).get('key')).toEqual({ value: 'an answer' });
  });

  it('that are damaged, or of the wrong type, are missed and removed', async () => {
    const name = 'elizanet-fallback:1:answer:key';
    for (const damaged of ['{', 'null', '7', '{"value":"x"}', '{"ttlMs":60000}']) {
      store.write(name, damaged, TTL_MS);
      expect(await cache().get('key')).toBeUndefined();
    }
    await fill(cache(), 'key', 'an answer');
    expect(await cache().get('key', Array.isArray)).toBeUndefined();
    await settle();
    expect(await store.read(name)).toBeUndefined();
  });

  it('of more than 256 KiB are not stored', async () => {
    await fill(cache(), 'key', 'x'.repeat(300_000));
    expect(store.seen).toEqual([]);
  });

  it('stay there when one agent has no more room for them', async () => {
    const a = cache();
    for (let entry = 0; entry <= 10_000; entry++) await fill(a, String(entry), 'an answer');
    expect(await cache().get('0')).toEqual({ value: 'an answer' });
  });
});

describe('a Redis that is slow', () => {
  it('is waited for 50 ms, once, and then not asked for ten seconds', async () => {
    let reads = 0;
    store.read = () => {
      reads++;
      return new Promise(() => {});
    };
    const agent = cache();
    const missed = [agent.get('a'), agent.get('b')];
    await settle();
    clock.advance(50);
    expect(await Promise.all(missed)).toEqual([undefined, undefined]);
    expect(await agent.get('a')).toBeUndefined();
    expect(reads).toBe(2);
    clock.advance(10_000);
    void agent.get('a');
    await settle();
    expect(reads).toBe(3);
    clock.advance(50);
    await settle();
    expect(clock.pendingCount).toBe(0);
  });

  it('or away costs nothing but the answers in it', async () => {
    store.isDown = true;
    const agent = cache();
    await fill(agent, 'key', 'an answer');
    expect(await agent.get('key')).toEqual({ value: 'an answer' });
    expect(await cache().get('key')).toBeUndefined();
    expect(clock.pendingCount).toBe(0);
  });
});
