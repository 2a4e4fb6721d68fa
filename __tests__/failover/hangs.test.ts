import { runWithStreamingContext } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { collector, createGuarded, type Guarded, type GuardedOptions, primary } from '../../lab/guarded.js';
import { healthyLatencies } from '../../lab/latencies.js';
import { timedCall, turns } from '../../lab/timed-call.js';

const SECOND = 1_000;
let guarded: Guarded;
let clock: FakeClock;

/** How long the first provider takes for its next call, in milliseconds; infinite for a hang. */
let latency: () => number = () => 100;
/** How long the next provider takes, which stands in for ElizaNet on the fake clock. */
const NEXT_MS = SECOND;
const asked = { first: 0, next: 0 };

const after = (ms: number, text: string) =>
  new Promise<string>((resolve) => {
    if (Number.isFinite(ms)) clock.after(ms, () => resolve(text));
  });

const start = async (
  settings: GuardedOptions['settings'] = {},
  types = ['TEXT_LARGE', 'TEXT_SMALL', 'OBJECT_SMALL'],
) => {
  clock = fakeClock();
  asked.first = asked.next = 0;
  const handlers = (answer: () => Promise<unknown>) => Object.fromEntries(types.map((type) => [type, answer]));
  guarded = await createGuarded({
    plugins: [
      primary(
        handlers(() => {
          asked.first++;
          return after(latency(), 'first');
        }),
      ),
      primary(
        handlers(() => {
          asked.next++;
          return after(NEXT_MS, 'next');
        }),
        'next',
      ),
    ],
    settings,
    options: { clock, random: () => 0 },
  });
};

afterEach(() => guarded.stop());

const timed = (call: Promise<unknown>, stepMs?: number) => timedCall(clock, call, stepMs);
const ask = (type = 'TEXT_LARGE') => guarded.runtime.useModel(type as 'TEXT_LARGE', { prompt: 'hi' });
const wait = async (ms: number) => {
  clock.advance(ms);
  await turns();
};
const openings = () =>
  guarded.events
    .filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED')
    .filter(({ payload }) => payload.provider === 'primary')
    .map(({ payload }) => payload.state);
const lastAttempt = () =>
  guarded.events.filter(({ name }) => name === 'ELIZANET_FAILED_OVER').at(-1)?.payload.attempts as [
    { silence?: { ms: number; usualMs?: number } },
  ];

describe('a primary that hangs, without any setting', () => {
  it('costs the first call 15 s, and those after it nothing', async () => {
    latency = () => Number.POSITIVE_INFINITY;
    await start();
    const first = await timed(ask());
    expect(first).toMatchObject({ answer: 'next', ms: 15 * SECOND + NEXT_MS });
    expect(openings()).toEqual(['open']);
    for (let call = 0; call < 5; call++) expect((await timed(ask())).ms).toBe(NEXT_MS);
    expect(asked.first).toBe(1);
  });

  it('costs 5 s when it used to be fast, and says what is usual', async () => {
    latency = () => 200;
    await start();
    for (let call = 0; call < 50; call++) await timed(ask(), 200);
    expect(asked.next).toBe(0);
    latency = () => Number.POSITIVE_INFINITY;
    expect(await timed(ask())).toMatchObject({ answer: 'next', ms: 5 * SECOND + NEXT_MS });
    expect(lastAttempt()[0].silence).toEqual({ ms: 5 * SECOND, usualMs: 200 });
  });

  it('costs its other model types 1.5 s each, until it has answered', async () => {
    latency = () => Number.POSITIVE_INFINITY;
    await start();
    await timed(ask('TEXT_LARGE'));
    expect((await timed(ask('TEXT_SMALL'))).ms).toBe(1_500 + NEXT_MS);
    await wait(20 * SECOND);
    latency = () => 100;
    expect((await timed(ask('TEXT_LARGE'), 100)).answer).toBe('first');
    latency = () => 3 * SECOND;
    expect((await timed(ask('OBJECT_SMALL'))).answer).toBe('first');
  });

  it('is probed by one of its model types within a cooldown', async () => {
    latency = () => Number.POSITIVE_INFINITY;
    await start();
    for (const type of ['TEXT_LARGE', 'TEXT_SMALL', 'OBJECT_SMALL']) await timed(ask(type));
    await wait(20 * SECOND);
    const times: number[] = [];
    for (const type of ['TEXT_LARGE', 'TEXT_SMALL', 'OBJECT_SMALL']) times.push((await timed(ask(type))).ms);
    expect(times).toEqual([1_500 + NEXT_MS, NEXT_MS, NEXT_MS]);
  });

  it('is gone back to when its late answer comes, however long ago the call began', async () => {
    let call = 0;
    latency = () => (call++ === 0 ? 60 * SECOND : Number.POSITIVE_INFINITY);
    await start();
    await timed(ask());
    await wait(20 * SECOND);
    // A probe, which hangs too.
    await timed(ask());
    expect(openings()).toEqual(['open', 'half-open', 'open']);
    await wait(30 * SECOND);
    expect(openings()).toEqual(['open', 'half-open', 'open', 'closed']);
    latency = () => 50 * SECOND;
    expect(await timed(ask())).toMatchObject({ answer: 'first', ms: 50 * SECOND });
  });

  it('answers a hundred calls that are in flight when the hang begins once each, then is probed by one', async () => {
    latency = () => Number.POSITIVE_INFINITY;
    await start();
    const calls = Promise.all(Array.from({ length: 100 }, () => ask()));
    const { answer, ms } = await timed(calls);
    expect(new Set(answer as string[])).toEqual(new Set(['next']));
    expect(ms).toBeLessThanOrEqual(20 * SECOND);
    expect(asked).toEqual({ first: 100, next: 100 });
    await wait(20 * SECOND);
    await timed(Promise.all(Array.from({ length: 20 }, () => ask())));
    expect(asked.first).toBe(101);
  });

  it('is not hedged with ELIZANET_HEDGE_AFTER=0', async () => {
    latency = () => 100 * SECOND;
    await start({ ELIZANET_HEDGE_AFTER: 0 });
    expect(await timed(ask(), SECOND)).toMatchObject({ answer: 'first', ms: 100 * SECOND });
  });
});

describe('a primary that is slow and healthy', () => {
  const { 'a local model of a minute': localModel, ...shapes } = healthyLatencies(15);

  it.each(Object.entries(shapes))('is left alone with %s', async (_, shape) => {
    const count = 2_000;
    let call = 0;
    latency = () => shape(call / count);
    await start();
    let late = 0;
    for (; call < count; call++) {
      const before = asked.next;
      // Small steps: what is learned is as coarse as they are.
      await timed(ask(), 100);
      if (call >= 128) late += asked.next - before;
      // The agent waits for the next message.
      await wait(30 * SECOND);
    }
    expect(asked.first).toBeGreaterThan(count * 0.98);
    expect(asked.next).toBeLessThanOrEqual(count * 0.02);
    expect(late).toBe(0);
  });

  it('is learned to be a local model that needs a minute', async () => {
    latency = () => (localModel as () => number)();
    await start();
    for (let call = 0; call < 50; call++) {
      await timed(ask(), SECOND);
      await wait(60 * SECOND);
    }
    expect(asked.next).toBeLessThanOrEqual(3);
    const before = asked.next;
    for (let call = 0; call < 200; call++) await timed(ask(), SECOND);
    expect(asked.next - before).toBe(0);
  });
});

describe('a primary that hangs for streams only', () => {
  const streamed = () => runWithStreamingContext({ onStreamChunk: () => {} } as never, () => ask());

  it('costs a stream 1.5 s after each plain answer, which closes the circuit', async () => {
    let isPlain = false;
    latency = () => (isPlain ? 100 : Number.POSITIVE_INFINITY);
    await start();
    expect((await timed(streamed())).ms).toBe(15 * SECOND + NEXT_MS);
    for (let i = 0; i < 3; i++) {
      await wait(40 * SECOND);
      isPlain = true;
      expect((await timed(ask(), 100)).answer).toBe('first');
      isPlain = false;
      expect((await timed(streamed())).ms).toBe(1_500 + NEXT_MS);
    }
  });

  it('is given its usual time again once a stream has come', async () => {
    latency = () => Number.POSITIVE_INFINITY;
    await start();
    await timed(streamed());
    latency = () => 100;
    await wait(20 * SECOND);
    await timed(ask(), 100);
    await timed(streamed(), 100);
    latency = () => 3 * SECOND;
    expect((await timed(streamed())).answer).toBe('first');
  });
});

describe('a stream that stalls after its first text', () => {
  let stalls = false;
  let goOn: (end?: 'ends' | 'breaks') => void = () => {};
  const handler = () => {
    asked.first++;
    async function* chunks() {
      yield 'one ';
      yield 'two ';
      if (stalls) {
        const end = await new Promise<'ends' | 'breaks' | undefined>((resolve) => {
          goOn = resolve;
        });
        if (end === 'breaks') throw new Error('socket closed');
        if (end === 'ends') return;
      }
      yield 'three';
    }
    const never = new Promise<never>(() => {});
    const text = stalls ? never : Promise.resolve('one two three');
    return {
      textStream: chunks(),
      text,
      usage: stalls ? never : Promise.resolve(undefined),
      finishReason: stalls ? never : Promise.resolve('stop'),
    };
  };
  const begin = async (settings: GuardedOptions['settings'] = {}) => {
    clock = fakeClock();
    guarded = await createGuarded({
      plugins: [primary({ TEXT_LARGE: handler }), primary({ TEXT_LARGE: async () => 'the whole answer' }, 'next')],
      settings,
      options: { clock, random: () => 0 },
    });
  };
  const stream = () => {
    const { onStreamChunk } = collector();
    return runWithStreamingContext({ onStreamChunk } as never, () => ask());
  };

  it('is completed after 12 s, and opens the circuit', async () => {
    stalls = true;
    await begin();
    expect(await timed(stream())).toMatchObject({ answer: 'the whole answer', ms: 12 * SECOND });
    expect(openings()).toEqual(['open']);
  });

  it('is completed after 5 s when fifty streams have come without a pause', async () => {
    stalls = false;
    await begin();
    for (let call = 0; call < 50; call++) expect((await timed(stream())).answer).toBe('one two three');
    stalls = true;
    expect(await timed(stream())).toMatchObject({ answer: 'the whole answer', ms: 5 * SECOND });
  });

  it('is gone back to when it goes on after all, and then given that time', async () => {
    stalls = true;
    await begin();
    await timed(stream());
    await wait(8 * SECOND);
    goOn();
    await turns();
    expect(openings()).toEqual(['open', 'closed']);
    expect(await timed(stream())).toMatchObject({ answer: 'the whole answer', ms: 50 * SECOND });
  });

  it.each(['ends', 'breaks'] as const)(
    'is not gone back to when it %s late, as a proxy closes a stream that hangs',
    async (end) => {
      stalls = true;
      await begin();
      await timed(stream());
      await wait(8 * SECOND);
      goOn(end);
      await turns();
      expect(openings()).toEqual(['open']);
      expect(clock.pendingCount).toBe(0);
      await wait(20 * SECOND);
      expect(await timed(stream())).toMatchObject({ answer: 'the whole answer', ms: 12 * SECOND });
    },
  );

  it('is left after two minutes when it does not go on', async () => {
    stalls = true;
    await begin();
    await timed(stream());
    await wait(120 * SECOND);
    expect(clock.pendingCount).toBe(0);
  });

  it('is left when the agent stops', async () => {
    stalls = true;
    await begin();
    await timed(stream());
    await guarded.stop();
    expect(clock.pendingCount).toBe(0);
  });

  it('is waited for as long as ELIZANET_PRIMARY_IDLE_TIMEOUT says', async () => {
    stalls = true;
    await begin({ ELIZANET_PRIMARY_IDLE_TIMEOUT: 2_000 });
    expect((await timed(stream())).ms).toBe(2_000);
  });
});
