import { afterEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../../lab/collect-garbage.js';
import { deferred } from '../../lab/deferred.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import {
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type GuardedOptions,
  type Handler,
  joined,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';
import { openai } from '../../lab/primaries.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { getLastAttempts } from '../../src/index.js';

let guarded: Guarded;
let clock: FakeClock;

const start = async (handlers: Record<string, Handler>[], settings: GuardedOptions['settings'] = {}) => {
  clock = fakeClock();
  const plugins = handlers.map((models, i) => primary(models, i === 0 ? 'primary' : `primary-${i + 1}`));
  guarded = await createGuarded({ plugins, settings, options: { clock, random: () => 0 } });
};
const ask = (params: object = {}) => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...params });
const states = (provider = 'primary') =>
  guarded.events
    .filter(({ name, payload }) => name === 'ELIZANET_BREAKER_CHANGED' && payload.provider === provider)
    .map(({ payload }) => payload.state);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async (count = 20) => {
  for (let i = 0; i < count; i++) await turn();
};

afterEach(() => guarded.stop());

describe('a primary that timed out', () => {
  it('has its circuit closed by its late answer', async () => {
    const answers: ((text: string) => void)[] = [];
    let isUp = false;
    await start([{ TEXT_LARGE: () => (isUp ? 'mine' : new Promise((resolve) => answers.push(resolve))) }], {
      ELIZANET_PRIMARY_TIMEOUT: 5_000,
      ELIZANET_FAILURE_THRESHOLD: 1,
    });
    const answer = ask();
    clock.advance(5_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    expect(states()).toEqual(['open']);
    answers[0]?.('late, but mine');
    await turns();
    expect(states()).toEqual(['open', 'closed']);
    isUp = true;
    expect(await ask()).toBe('mine');
  });

  it('is given up though the clock of the system was set back', async () => {
    await start([{ TEXT_LARGE: () => new Promise(() => {}) }], { ELIZANET_PRIMARY_TIMEOUT: 5_000 });
    const answer = ask();
    clock.setWallClock(-3_600_000);
    clock.advance(5_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
  });
});

describe('an embedding', () => {
  it.each([0, 600_000])('is given up after 30 s with ELIZANET_PRIMARY_TIMEOUT=%i', async (limit) => {
    // core asks for the width when it starts.
    const embed: Handler = (params) => (params?.text === 'hi' ? new Promise(() => {}) : new Array(1536).fill(0.1));
    await start([{ TEXT_EMBEDDING: embed }], { ELIZANET_PRIMARY_TIMEOUT: limit });
    const answer = guarded.runtime.useModel('TEXT_EMBEDDING', { text: 'hi' });
    await turns(1);
    clock.advance(30_000);
    let given: unknown;
    void answer.then((vector) => {
      given = vector;
    });
    // ElizaNet's requests are put together for a moment.
    while (!given) {
      await turn();
      clock.advance(1);
    }
    expect(given).toHaveLength(1536);
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });
});

describe('a loser that was aborted', () => {
  it('does not count as failing for the request that its abort has ended', async () => {
    const upstream = await startStandIn();
    upstream.fault = { kind: 'hang' };
    let release: (text: string) => void = () => {};
    let ended = 0;
    await start(
      [
        {
          TEXT_LARGE: () =>
            new Promise((resolve) => {
              release = resolve;
            }),
        },
        {
          TEXT_LARGE: async ({ abortSignal }) => {
            // As SDKs pass an abort on.
            const request = new AbortController();
            (abortSignal as AbortSignal).addEventListener('abort', () => request.abort());
            try {
              return await fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST', signal: request.signal });
            } finally {
              ended++;
            }
          },
        },
      ],
      { ELIZANET_HEDGE_AFTER: 1_000, ELIZANET_FAILURE_THRESHOLD: 1 },
    );
    for (let i = 1; i <= 3; i++) {
      const answer = ask({ abortSignal: new AbortController().signal });
      clock.advance(1_000);
      while (upstream.calls.length < i) await turn();
      release('mine');
      expect(await answer).toBe('mine');
      while (ended < i) await turn();
      await turns();
    }
    expect(states('primary-2')).toEqual([]);
    await upstream.close();
  });
});

describe('a probe that another provider was faster than', () => {
  const oneProbe = async (probe: () => unknown) => {
    let mode: 'failing' | 'slow' = 'failing';
    const slow = deferred<string>();
    let calls = 0;
    await start(
      [
        {
          TEXT_LARGE: () => {
            if (mode === 'failing') throw statusError(500);
            return slow.promise;
          },
        },
        {
          TEXT_LARGE: () => {
            calls++;
            if (mode === 'failing') throw statusError(429);
            return probe();
          },
        },
      ],
      { ELIZANET_HEDGE_AFTER: 1_000, ELIZANET_FAILURE_THRESHOLD: 9, ELIZANET_PRIMARY_TIMEOUT: 60_000 },
    );
    await ask();
    clock.advance(15_000);
    mode = 'slow';
    const answer = ask();
    clock.advance(1_000);
    await turns(1);
    slow.resolve('mine');
    expect(await answer).toBe('mine');
    return { calls: () => calls };
  };

  it('opens the circuit again by its late failure, so that another probe follows', async () => {
    const late = deferred<string>();
    const { calls } = await oneProbe(() => late.promise);
    expect(calls()).toBe(2);
    late.reject(statusError(503));
    await turns();
    expect(states('primary-2')).toEqual(['open', 'half-open', 'open']);
  });

  it('is given up after ELIZANET_PRIMARY_TIMEOUT when it hangs, so that another probe follows', async () => {
    await oneProbe(() => new Promise(() => {}));
    clock.advance(60_000);
    expect(states('primary-2')).toEqual(['open', 'half-open', 'open']);
  });
});

/** A stream of one piece that stays open until it is cut. */
const cutLater = () => {
  const late = deferred();
  async function* pieces() {
    yield 'half ';
    await late.promise;
  }
  return { stream: { ...textStream([], { finishReason: 'error' }), textStream: pieces() }, cut: late.resolve };
};

describe('a raw stream that was cut', () => {
  const cutStream = () => textStream(['half '], { throws: statusError(503) });
  const drop = async () => {
    const result = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    await joined(result.textStream).catch(() => {});
    return new WeakRef(result.textStream);
  };

  it('leaves the circuit open that it opened, also when it is collected', async () => {
    await start([{ TEXT_LARGE: cutStream }], { ELIZANET_FAILURE_THRESHOLD: 1 });
    const stream = await drop();
    expect(states()).toEqual(['open']);
    for (let i = 0; i < 20 && stream.deref(); i++) {
      guarded.logs.length = 0;
      await turns();
      await collectGarbage();
    }
    await turns();
    expect(states()).toEqual(['open']);
  });

  it('is told as one call, which was not answered', async () => {
    await start([{ TEXT_LARGE: () => Promise.reject(statusError(429)) }, { TEXT_LARGE: cutStream }]);
    await drop();
    const told = guarded.events.filter(({ name }) => name === 'ELIZANET_FAILED_OVER' || name === 'ELIZANET_UNANSWERED');
    expect(told.map(({ name }) => name)).toEqual(['ELIZANET_UNANSWERED']);
    expect(getLastAttempts(guarded.runtime)).toHaveLength(2);
  });

  it('is told as answered when it was read to its end, or left', async () => {
    const stream = () => textStream(['one ', 'two']);
    await start([{ TEXT_LARGE: () => Promise.reject(statusError(429)) }, { TEXT_LARGE: stream }]);
    const read = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    await joined(read.textStream);
    const left = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    await left.textStream[Symbol.asyncIterator]().return?.();
    const told = guarded.events.filter(({ name }) => name === 'ELIZANET_FAILED_OVER' || name === 'ELIZANET_UNANSWERED');
    expect(told.map(({ name }) => name)).toEqual(['ELIZANET_FAILED_OVER', 'ELIZANET_FAILED_OVER']);
  });
});

describe('a raw stream of a probe', () => {
  it('that is cut long after its circuit was closed does not move the deadline of a later opening', async () => {
    let mode: 'limited' | 'stream' = 'limited';
    const { stream, cut } = cutLater();
    await start([
      {
        TEXT_LARGE: () => {
          if (mode === 'limited') throw statusError(429);
          return stream;
        },
      },
    ]);
    await ask();
    clock.advance(15_000);
    mode = 'stream';
    const result = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    expect(states()).toEqual(['open', 'half-open', 'closed']);
    mode = 'limited';
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(states()).toEqual(['open', 'half-open', 'closed', 'open']);
    clock.advance(14_000);
    cut();
    await expect(joined(result.textStream)).rejects.toThrow('cut');
    clock.advance(1_000);
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(states()).toEqual(['open', 'half-open', 'closed', 'open', 'half-open', 'open']);
  });

  it('that is cut does not take the place of the next probe', async () => {
    let mode: 'limited' | 'stream' | 'up' = 'limited';
    const { stream, cut } = cutLater();
    await start([
      {
        TEXT_LARGE: () => {
          if (mode === 'limited') throw statusError(429);
          if (mode === 'up') return 'mine';
          return stream;
        },
      },
    ]);
    await ask();
    clock.advance(15_000);
    mode = 'stream';
    const result = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    mode = 'limited';
    await ask();
    clock.advance(15_000);
    cut();
    await expect(joined(result.textStream)).rejects.toThrow('cut');
    mode = 'up';
    expect(await ask()).toBe('mine');
  });

  it('that is cut counts while the circuit is closed', async () => {
    let limited = true;
    await start(
      [
        {
          TEXT_LARGE: () => {
            if (limited) throw statusError(429);
            return textStream(['half '], { finishReason: 'error' });
          },
        },
      ],
      { ELIZANET_FAILURE_THRESHOLD: 1 },
    );
    await ask();
    clock.advance(15_000);
    limited = false;
    const result = (await ask({ stream: true })) as unknown as { textStream: AsyncIterable<string> };
    await expect(joined(result.textStream)).rejects.toThrow('cut');
    expect(states()).toEqual(['open', 'half-open', 'closed', 'open']);
  });
});

describe('work that outlives a call', () => {
  let upstream: StandIn;
  it.each([
    ['that lost', true],
    ['that was answered', false],
  ])('%s and keeps failing does not keep the circuit open', async (_, loses) => {
    upstream = await startStandIn();
    upstream.fault = { kind: 'status', status: 429, headers: { 'retry-after': '20' } };
    let isUp = !loses;
    let stop = false;
    let flushes = 0;
    const flush = async (): Promise<void> => {
      if (stop) return;
      await fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST' }).then((response) => response.text());
      flushes++;
      setTimeout(flush, 1);
    };
    await start([
      {
        TEXT_LARGE: async () => {
          if (isUp) {
            if (flushes === 0) setTimeout(flush, 5);
            return 'mine';
          }
          const answer = await fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST' });
          setTimeout(flush, 5);
          return answer.ok ? 'mine' : new Promise(() => {});
        },
      },
    ]);
    expect(await ask()).toBe(loses ? ELIZANET_ANSWER : 'mine');
    isUp = true;
    for (let i = 0; i < 4; i++) {
      const before = flushes;
      while (flushes < before + 3) await new Promise((resolve) => setTimeout(resolve, 1));
      clock.advance(5_000);
    }
    expect(await ask()).toBe('mine');
    stop = true;
    await upstream.close();
  });
});

describe('plugin-openai without credit', () => {
  it('has its whole provider left alone for the longest time, once its abandoned attempt has told the cause', async () => {
    const upstream = await startStandIn();
    upstream.fault = {
      kind: 'status',
      status: 429,
      // Its SDK would wait for seconds between its retries.
      headers: { 'retry-after-ms': '1' },
      body: JSON.stringify({
        error: {
          message: 'You exceeded your current quota, please check your plan and billing details.',
          type: 'insufficient_quota',
          param: null,
          code: 'insufficient_quota',
        },
      }),
    };
    clock = fakeClock();
    guarded = await createGuarded({
      plugins: [await openai.load()],
      settings: openai.settings(upstream.url),
      options: { clock, random: () => 0 },
    });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    const wide = () =>
      guarded.events.some(
        ({ name, payload }) =>
          name === 'ELIZANET_BREAKER_CHANGED' && payload.provider === 'openai' && payload.modelType === undefined,
      );
    while (!wide()) await new Promise((resolve) => setTimeout(resolve, 10));
    const asked = upstream.calls.length;
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    clock.advance(299_000);
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(upstream.calls).toHaveLength(asked);
    await upstream.close();
  }, 20_000);
});
