import { runWithStreamingContext } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../lab/deferred.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import {
  collector,
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type GuardedOptions,
  type Handler,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { startStandIn } from '../../lab/stand-in/server.js';

let guarded: Guarded;
let clock: FakeClock;

const start = async (handler: Handler, settings: GuardedOptions['settings'] = {}) => {
  clock = fakeClock();
  guarded = await createGuarded({
    plugins: [primary({ TEXT_LARGE: handler })],
    settings,
    options: { clock, random: () => 0 },
  });
  return guarded.runtime;
};
const ask = () => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });

/** Yields to the event loop until the condition holds. */
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

afterEach(() => guarded.stop());

describe('a primary that hangs', () => {
  it('times out after ELIZANET_PRIMARY_TIMEOUT, and its late answer is ignored', async () => {
    const late = deferred<string>();
    await start(() => late.promise, { ELIZANET_PRIMARY_TIMEOUT: 5_000 });
    const answer = ask();
    clock.advance(5_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    late.resolve('too late');
  });

  it('never times out with ELIZANET_PRIMARY_TIMEOUT=0', async () => {
    const late = deferred<string>();
    await start(() => late.promise, { ELIZANET_PRIMARY_TIMEOUT: 0, ELIZANET_HEDGE_AFTER: 0 });
    const answer = ask();
    clock.advance(3_600_000);
    late.resolve('late, but mine');
    expect(await answer).toBe('late, but mine');
  });

  it('is hedged after ELIZANET_HEDGE_AFTER', async () => {
    await start(() => new Promise(() => {}), { ELIZANET_HEDGE_AFTER: 1_000 });
    const answer = ask();
    clock.advance(1_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
  });

  it('wins against its hedge when it answers first', async () => {
    await start(() => new Promise((resolve) => clock.after(1_500, () => resolve('mine'))), {
      ELIZANET_HEDGE_AFTER: 1_000,
    });
    guarded.elizaNet.fault = { kind: 'hang' };
    const answer = ask();
    clock.advance(1_000);
    clock.advance(500);
    expect(await answer).toBe('mine');
  });

  it('has its circuit opened after it loses to its hedge ELIZANET_FAILURE_THRESHOLD times, until a late answer closes it', async () => {
    const answers: ((text: string) => void)[] = [];
    await start(() => new Promise((resolve) => answers.push(resolve)), { ELIZANET_HEDGE_AFTER: 1_000 });
    for (let i = 0; i < 2; i++) {
      const answer = ask();
      clock.advance(1_000);
      expect(await answer).toBe(ELIZANET_ANSWER);
    }
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(answers).toHaveLength(2);
    clock.advance(15_000);
    const probe = ask();
    clock.advance(1_500);
    expect(await probe).toBe(ELIZANET_ANSWER);
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(answers).toHaveLength(3);
    answers[2]?.('late, but mine');
    await new Promise((resolve) => setImmediate(resolve));
    const next = ask();
    answers[3]?.('mine');
    expect(await next).toBe('mine');
  });

  it('has its circuit opened for its Retry-After when the wire shows a failure after the hedge started', async () => {
    let calls = 0;
    const limited: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '60' } };
    const upstream = await startStandIn({ delayMs: 50 });
    upstream.fault = limited;
    await start(
      async () => {
        calls++;
        await fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST' }).catch(() => {});
        // It would retry now.
        return new Promise(() => {});
      },
      { ELIZANET_HEDGE_AFTER: 1_000 },
    );
    const answer = ask();
    await until(() => upstream.calls.length > 0);
    clock.advance(1_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    await until(() => guarded.events.some(({ name }) => name === 'ELIZANET_BREAKER_CHANGED'));
    clock.advance(59_000);
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(calls).toBe(1);
    await upstream.close();
  });

  it('is neither called again nor waited for when the stream that won is cut and cannot be completed', async () => {
    await start(() => new Promise(() => {}), { ELIZANET_HEDGE_AFTER: 1_000, ELIZANET_PRIMARY_TIMEOUT: 0 });
    guarded.elizaNet.fault = ({ body }) => (body.stream ? { kind: 'cut' } : { kind: 'status', status: 400 });
    const { onStreamChunk } = collector();
    const answer = guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk }).catch((error) => error);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
    expect(await answer).toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
  });

  it('has its hedge called again when its own stream wins and is cut', async () => {
    const gate = deferred();
    async function* cut() {
      await gate.promise;
      yield 'half of ';
    }
    const stream = () => ({ ...textStream([], { finishReason: 'unknown' }), textStream: cut() });
    await start(stream, { ELIZANET_HEDGE_AFTER: 1_000 });
    guarded.elizaNet.fault = ({ body }) => (body.stream ? { kind: 'hang' } : { kind: 'none' });
    const { chunks, onStreamChunk } = collector();
    const answer = guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
    gate.resolve();
    expect(await answer).toBe(ELIZANET_ANSWER);
    expect(chunks).toEqual(['half of ']);
  });

  it('never mixes its chunks with those of the stream that committed first', async () => {
    const gate = deferred();
    async function* late() {
      await gate.promise;
      yield 'late ';
      yield 'text';
    }
    await start(() => ({ ...textStream([]), textStream: late() }), { ELIZANET_HEDGE_AFTER: 1_000 });
    const { chunks, onStreamChunk } = collector();
    const answer = guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(chunks.join('')).toBe(ELIZANET_ANSWER);
  });
});

describe('the circuit of a provider', () => {
  it('keeps calls away while open, and lets them through again after the cooldown', async () => {
    let calls = 0;
    let healthy = false;
    await start(
      () => {
        calls++;
        return healthy ? 'mine' : Promise.reject(statusError(429));
      },
      { ELIZANET_COOLDOWN: 1_000 },
    );
    await ask();
    await ask();
    expect(calls).toBe(1);
    healthy = true;
    clock.advance(1_000);
    expect(await ask()).toBe('mine');
    expect(await ask()).toBe('mine');
    expect(calls).toBe(3);
    expect(
      guarded.events.filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED').map(({ payload }) => payload.state),
    ).toEqual(['open', 'half-open', 'closed']);
  });

  it('stays open for Retry-After', async () => {
    const limited = Object.assign(statusError(429), { responseHeaders: { 'retry-after': '60' } });
    let calls = 0;
    await start(
      () => {
        calls++;
        throw limited;
      },
      { ELIZANET_COOLDOWN: 1_000 },
    );
    await ask();
    clock.advance(59_999);
    await ask();
    expect(calls).toBe(1);
    clock.advance(1);
    await ask();
    expect(calls).toBe(2);
  });

  it('opens after ELIZANET_FAILURE_THRESHOLD failures that are not rate limits', async () => {
    let calls = 0;
    await start(
      () => {
        calls++;
        throw statusError(500);
      },
      { ELIZANET_FAILURE_THRESHOLD: 3 },
    );
    for (let i = 0; i < 5; i++) await ask();
    expect(calls).toBe(3);
  });

  it('counts a failure once per call, though both the wire and the thrown error show it', async () => {
    let calls = 0;
    const down = await startStandIn();
    down.fault = { kind: 'status', status: 503 };
    await start(async () => {
      calls++;
      await fetch(down.url);
      throw statusError(503);
    });
    for (let i = 0; i < 3; i++) {
      await ask();
      // It throws one turn after the wire has shown the failure.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(calls).toBe(2);
    await down.close();
  });

  it('lets one probe through at a time, hedged after ELIZANET_PROBE_HEDGE', async () => {
    let calls = 0;
    await start(
      () => {
        calls++;
        return calls === 1 ? Promise.reject(statusError(429)) : new Promise(() => {});
      },
      { ELIZANET_COOLDOWN: 1_000, ELIZANET_PROBE_HEDGE: 1_500 },
    );
    await ask();
    clock.advance(1_000);
    const probe = ask();
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([ELIZANET_ANSWER, ELIZANET_ANSWER, ELIZANET_ANSWER]);
    expect(calls).toBe(2);
    clock.advance(1_500);
    expect(await probe).toBe(ELIZANET_ANSWER);
  });

  it.each(['a text', 'a stream'])(
    'closes when its probe returns %s late, though ElizaNet was faster and the caller passed a signal',
    async (what) => {
      let healthy = false;
      const late = deferred();
      async function* pieces() {
        await late.promise;
        yield 'mine';
      }
      const probe = (signal: AbortSignal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          if (what === 'a stream') resolve({ ...textStream([]), textStream: pieces() });
          else late.promise.then(() => resolve('mine'));
        });
      await start(
        ({ abortSignal }) => (healthy ? probe(abortSignal as AbortSignal) : Promise.reject(statusError(429))),
        { ELIZANET_COOLDOWN: 1_000 },
      );
      const states = () =>
        guarded.events.filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED').map(({ payload }) => payload.state);
      const askWithSignal = () =>
        guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...{ abortSignal: new AbortController().signal } });
      await askWithSignal();
      healthy = true;
      clock.advance(1_000);
      const answer = askWithSignal();
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_500);
      expect(await answer).toBe(ELIZANET_ANSWER);
      expect(states()).toEqual(['open', 'half-open', 'open']);
      late.resolve();
      await until(() => states().length > 3);
      expect(states()).toEqual(['open', 'half-open', 'open', 'closed']);
    },
  );

  it('opens for all model types when the quota is exhausted', async () => {
    let calls = 0;
    const quotaError = Object.assign(statusError(429), { data: { error: { code: 'insufficient_quota' } } });
    const failing = () => {
      calls++;
      throw quotaError;
    };
    clock = fakeClock();
    guarded = await createGuarded({
      plugins: [primary({ TEXT_LARGE: failing, OBJECT_SMALL: failing })],
      options: { clock },
    });
    await ask();
    await guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'hi' });
    expect(calls).toBe(1);
  });
});

describe("the user's own abort", () => {
  it('rejects at once with its reason, does not fail over, and does not count as a failure', async () => {
    let calls = 0;
    await start(() => {
      calls++;
      return new Promise(() => {});
    });
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      const params = { prompt: 'hi', abortSignal: controller.signal };
      const answer = guarded.runtime.useModel('TEXT_LARGE', params);
      controller.abort(new Error('the user went away'));
      expect(await answer.catch((error) => error.message)).toBe('the user went away');
    }
    expect(calls).toBe(3);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('in the streaming context ends a stream between two chunks', async () => {
    await start(() => textStream(['one '], { stalls: true }));
    const controller = new AbortController();
    const onStreamChunk = async () => controller.abort(new Error('the user went away'));
    const answer = runWithStreamingContext({ onStreamChunk, abortSignal: controller.signal }, ask);
    expect(await answer.catch((error) => error.message)).toBe('the user went away');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('cancels a request to ElizaNet in flight', async () => {
    await start(() => Promise.reject(statusError(503)));
    guarded.elizaNet.fault = { kind: 'hang' };
    const controller = new AbortController();
    const params = { prompt: 'hi', abortSignal: controller.signal };
    const answer = guarded.runtime.useModel('TEXT_LARGE', params);
    while (guarded.elizaNet.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('the user went away'));
    expect(await answer.catch((error) => error.message)).toBe('the user went away');
  });
});
