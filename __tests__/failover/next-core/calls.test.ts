import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TextStreamResult } from '@elizaos/core';
import * as core from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { chatMessage } from '../../../lab/chat-replies.js';
import { deferred } from '../../../lab/deferred.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import {
  collector,
  ELIZANET_ANSWER,
  type GuardedOptions,
  type Handler,
  joined,
  primary,
  statusError,
  textStream,
} from '../../../lab/guarded.js';
import { ATTEMPTS } from '../../../lab/next-core/dispatch.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import { nativeStream, STAGE_1, TOOL_CALL } from '../../../lab/next-core/native.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { AllProvidersFailedError, getLastAttempts } from '../../../src/index.js';

/** 2.0.0-alpha does not export it; a test that needs it is left out there. */
const { runWithStreamingContext } = core as Partial<typeof core>;

let guarded: NextGuarded;
let clock: FakeClock;
const start = async (options: GuardedOptions) => {
  clock = fakeClock();
  guarded = await createNextGuarded({ options: { clock, random: () => 0 }, ...options });
};
const ask = (params: object = { prompt: 'hi' }, type = 'TEXT_LARGE'): Promise<unknown> =>
  guarded.runtime.useModel(type as 'TEXT_LARGE', params as never);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (holds: () => boolean) => {
  while (!holds()) await turn();
};

const opened: StandIn[] = [];
afterEach(async () => {
  await guarded.stop();
  for (const upstream of opened.splice(0)) await upstream.close();
});

const never = () => new Promise<never>(() => {});
const fails = (status: number) => () => Promise.reject(statusError(status));
const two = (a: Handler, b: Handler) => [primary({ TEXT_LARGE: a }, 'a'), primary({ TEXT_LARGE: b }, 'b')];
const outcomes = () => getLastAttempts(guarded.runtime).map(({ provider, outcome }) => `${provider} ${outcome}`);

describe('the params of a handler', () => {
  it("are those of core, with its ledger, frozen, and with the attempt's signal", async () => {
    let got: Record<string | symbol, unknown> = {};
    const params = { ...STAGE_1, providerOptions: { openai: { promptCacheKey: 'k' } } };
    await start({
      plugins: two(
        (params) => {
          got = params;
          throw statusError(503);
        },
        () => 'of b',
      ),
    });
    const before = structuredClone(params);
    expect(await ask(params)).toBe('of b');
    expect(params).toEqual(before);
    expect(got[ATTEMPTS]).toBe(guarded.core.ledgers[0]);
    // Before the matcher: Bun's writes into what it matches.
    expect(Object.isFrozen(got)).toBe(true);
    expect(got).toMatchObject({ ...params, system: expect.stringContaining('# About Test') });
    expect(got.signal).toBeInstanceOf(AbortSignal);
  });
});

describe('a primary that hangs', () => {
  it('is given up after ELIZANET_PRIMARY_TIMEOUT, and core asks the next one', async () => {
    let signal: AbortSignal | undefined;
    const hang: Handler = (params) => {
      signal = params.signal as AbortSignal;
      return never();
    };
    await start({
      plugins: two(hang, () => 'of b'),
      settings: { ELIZANET_PRIMARY_TIMEOUT: 5_000, ELIZANET_HEDGE_AFTER: 0 },
    });
    const answer = ask();
    clock.advance(5_000);
    expect(await answer).toBe('of b');
    expect(signal?.aborted).toBe(true);
    expect(outcomes()).toEqual(['a failed', 'b answered']);
  });

  it('has ElizaNet started beside it, by a call of its own', async () => {
    await start({ plugins: [primary({ TEXT_LARGE: never })], settings: { ELIZANET_HEDGE_AFTER: 1_000 } });
    const answer = ask();
    clock.advance(1_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    expect(outcomes()).toEqual(['primary abandoned', 'elizanet-fallback answered']);
  });
});

describe('a circuit that is open', () => {
  it('keeps a provider from being asked, and core asks the next one', async () => {
    let asked = 0;
    const limited: Handler = () => {
      asked++;
      throw statusError(429);
    };
    await start({ plugins: two(limited, () => 'of b') });
    for (let call = 0; call < 3; call++) expect(await ask()).toBe('of b');
    expect(asked).toBe(1);
    expect(guarded.core.ledgers.map((ledger) => ledger.map(({ provider }) => provider))).toEqual(
      Array(3).fill(['a', 'b']),
    );
  });

  it('does not keep it from being asked when all others have failed', async () => {
    let healthy = false;
    await start({ plugins: [primary({ TEXT_LARGE: () => (healthy ? 'back' : fails(429)()) })] });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    healthy = true;
    expect(await ask()).toBe('back');
  });

  it("of ElizaNet and of the primary lets both be asked, and the error is the primary's", async () => {
    const first = statusError(429);
    await start({ plugins: [primary({ TEXT_LARGE: () => Promise.reject(first) })] });
    guarded.elizaNet.fault = { kind: 'status', status: 429 };
    for (let call = 0; call < 2; call++) {
      await expect(ask()).rejects.toMatchObject({ code: 'ALL_PROVIDERS_FAILED', lastError: first });
    }
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });
});

describe("the user's abort", () => {
  it('[situation J] ends the call with its own reason, though the primary ignores it, and no other provider is asked', async () => {
    await start({ plugins: two(never, () => 'of b') });
    const controller = new AbortController();
    const reason = new Error('the user left');
    const answer = ask({ prompt: 'hi', signal: controller.signal });
    controller.abort(reason);
    expect(await answer.catch((error) => error)).toBe(reason);
    await turn();
    expect(guarded.elizaNet.calls).toHaveLength(0);
    expect(guarded.core.ledgers).toHaveLength(1);
  });

  it('[row 75] before the call asks no provider', async () => {
    let asked = 0;
    await start({ plugins: [primary({ TEXT_LARGE: () => ++asked })] });
    const reason = new Error('the user left');
    expect(await ask({ prompt: 'hi', signal: AbortSignal.abort(reason) }).catch((error) => error)).toBe(reason);
    expect([asked, guarded.elizaNet.calls.length]).toEqual([0, 0]);
  });

  it.skipIf(!runWithStreamingContext)(
    '[row 76] between two chunks reaches the reader, asks no other provider, and ends no stream of the context',
    async () => {
      const controller = new AbortController();
      const reason = new Error('the user left');
      let ended = 0;
      const context = {
        onStreamChunk: async () => controller.abort(reason),
        onStreamEnd: () => void ended++,
        abortSignal: controller.signal,
      };
      await start({ plugins: [primary({ TEXT_LARGE: () => nativeStream(['Let me ', 'look.'], { until: never() }) })] });
      const answer = runWithStreamingContext?.(context, () => ask(STAGE_1));
      expect(await answer?.catch((error) => error)).toBe(reason);
      expect([ended, guarded.elizaNet.calls.length]).toEqual([0, 0]);
    },
  );
});

describe('chunks that a handler delivers itself', () => {
  const streamable = (handler: (deliver: (chunk: string) => unknown) => unknown) => {
    guarded.runtime.registerModel(
      'TEXT_LARGE',
      async (_, params) => handler(params.onStreamChunk as (chunk: string) => unknown),
      'primary',
      0,
      // @ts-expect-error core 2.x's metadata
      { streamable: true },
    );
  };

  it('[row 98] [situation I] are not mixed with those of the hedge that was faster', async () => {
    await start({ plugins: [], settings: { ELIZANET_HEDGE_AFTER: 1_000 } });
    const gate = deferred();
    let done: unknown;
    streamable(async (deliver) => {
      await gate.promise;
      for (const chunk of ['mine ', 'late']) deliver(chunk);
      done = true;
      return 'mine late';
    });
    const { chunks, onStreamChunk } = collector();
    const answer = ask({ prompt: 'hi', onStreamChunk });
    clock.advance(1_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    gate.resolve();
    await until(() => done === true);
    expect(chunks.join('')).toBe(ELIZANET_ANSWER);
  });

  it('[row 98] claim the call: its hedge delivers none', async () => {
    await start({ plugins: [], settings: { ELIZANET_HEDGE_AFTER: 1_000 } });
    guarded.elizaNet.fault = { kind: 'hang' };
    streamable(async (deliver) => {
      await until(() => guarded.elizaNet.calls.length > 0);
      deliver('mine ');
      await turn();
      deliver('alone');
      return 'mine alone';
    });
    const { chunks, onStreamChunk } = collector();
    const answer = ask({ prompt: 'hi', onStreamChunk });
    clock.advance(1_000);
    expect(await answer).toBe('mine alone');
    expect(chunks).toEqual(['mine ', 'alone']);
  });

  it.each<[string, object, unknown]>([
    ['complete', {}, ELIZANET_ANSWER],
    ['keep', { ELIZANET_ON_INTERRUPTED: 'keep' }, 'half of '],
  ])('that break off are answered as ELIZANET_ON_INTERRUPTED=%s says', async (_, settings, expected) => {
    await start({ plugins: [], settings: { ...settings } });
    streamable((deliver) => {
      deliver('half of ');
      throw statusError(503);
    });
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe(expected);
    expect(chunks).toEqual(['half of ']);
  });

  it('that stall are completed by ElizaNet', async () => {
    await start({ plugins: [], settings: { ELIZANET_PRIMARY_IDLE_TIMEOUT: 2_000 } });
    streamable((deliver) => {
      deliver('half of ');
      return never();
    });
    const { chunks, onStreamChunk } = collector();
    const answer = ask({ prompt: 'hi', onStreamChunk });
    await turn();
    clock.advance(2_000);
    expect(await answer).toBe(ELIZANET_ANSWER);
    expect(chunks).toEqual(['half of ']);
  });
});

describe('a stream', () => {
  it.each<[string, () => unknown]>([
    ['[row 78] that fails before its first piece', () => textStream([], { throws: statusError(503) })],
    ['that ends without anything', () => textStream([], { finishReason: 'unknown' })],
  ])('%s goes to the next provider, with one set of pieces', async (_, stream) => {
    await start({ plugins: two(stream, () => textStream(['of ', 'b'])) });
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe('of b');
    expect(chunks).toEqual(['of ', 'b']);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.skipIf(!runWithStreamingContext)(
    '[row 79] that breaks after its first piece is answered as a whole by ElizaNet, without a further chunk',
    async () => {
      await start({
        plugins: two(
          () => textStream(['half '], { throws: statusError(503) }),
          () => 'of b',
        ),
      });
      const { chunks, onStreamChunk } = collector();
      let ended = 0;
      const context = { onStreamChunk: async () => {}, onStreamEnd: () => void ended++ };
      expect(await runWithStreamingContext?.(context, () => ask({ prompt: 'hi', onStreamChunk }))).toBe(
        ELIZANET_ANSWER,
      );
      expect(chunks).toEqual(['half ']);
      expect(ended).toBe(1);
    },
  );

  it('[row 79] that its reader holds fails with what it had, and no other text is mixed in', async () => {
    await start({ plugins: [primary({ TEXT_LARGE: () => textStream(['half '], { throws: statusError(503) }) })] });
    const { textStream: chunks } = (await ask({ prompt: 'hi', stream: true })) as TextStreamResult;
    await expect(joined(chunks)).rejects.toMatchObject({ code: 'STREAM_INTERRUPTED', partialText: 'half ' });
    expect(outcomes()).toEqual(['primary failed']);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('a request of the primary that fails on the wire', () => {
  const upstreamThat = async (status: number) => {
    const upstream = await startStandIn();
    upstream.fault = { kind: 'status', status };
    opened.push(upstream);
    return () => fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
  };
  /** A primary whose request fails, and that reports its failure once ElizaNet has been asked beside it. */
  const failsBesideElizaNet = async (error: Error) => {
    const post = await upstreamThat(503);
    const answer = async () => {
      await post();
      await until(() => guarded.elizaNet.requests.length > 0);
      throw error;
    };
    return primary({ TEXT_LARGE: answer });
  };

  it('has ElizaNet answer while the primary retries', async () => {
    const post = await upstreamThat(429);
    await start({ plugins: [primary({ TEXT_LARGE: () => post().then(never) })] });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(outcomes()).toEqual(['primary failed', 'elizanet-fallback answered']);
  });

  it("[row 100] asks ElizaNet once, although core's loop reaches it as well", async () => {
    // ElizaNet is still answering when core reaches it.
    await start({ plugins: [await failsBesideElizaNet(statusError(503))], elizaNet: { delayMs: 50 } });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    await until(() => guarded.core.ledgers[0]?.[1]?.error !== undefined);
    expect(guarded.core.ledgers[0]?.map(({ provider }) => provider)).toEqual(['primary', 'elizanet-fallback']);
    expect(guarded.elizaNet.calls).toHaveLength(1);
    expect(guarded.core.answeredBy).toEqual(['elizanet-fallback']);
  });

  it('[row 100] asks ElizaNet once when that fails as well', async () => {
    const first = statusError(503);
    await start({ plugins: [await failsBesideElizaNet(first)] });
    guarded.elizaNet.fault = { kind: 'status', status: 400 };
    const error = await ask().catch((error) => error);
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect(error).toMatchObject({ lastError: first });
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });
});

it('[row 83] a stream of tool calls alone is not hedged while its bytes arrive', async () => {
  // Sends the beginning of a response at once, and its end when it is told to.
  let finish: () => void = () => {};
  const server = createServer((_, response) => {
    response.writeHead(200).write('{"tool":');
    finish = () => response.end('"call"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let response: Response | undefined;
  await start({
    plugins: [
      primary({
        TEXT_LARGE: () => {
          const read = fetch(url).then((answer) => {
            response = answer;
            return answer.text();
          });
          return nativeStream([], { until: read });
        },
      }),
    ],
    settings: { ELIZANET_HEDGE_AFTER: 1_000 },
  });
  const { onStreamChunk } = collector();
  const answer = ask({ ...STAGE_1, onStreamChunk });
  await until(() => response !== undefined);
  for (let second = 0; second < 5; second++) {
    clock.advance(1_000);
    await turn();
  }
  finish();
  expect(await answer).toMatchObject({ text: '', toolCalls: [TOOL_CALL] });
  expect(guarded.elizaNet.calls).toHaveLength(0);
  await new Promise((resolve) => server.close(resolve));
});

describe('ElizaNet, in place of a primary that is down', () => {
  const calling = chatMessage(
    {
      content: null,
      tool_calls: [
        { id: 'call_9', type: 'function', function: { name: 'HANDLE_RESPONSE', arguments: '{"reply":"Hi"}' } },
      ],
    },
    'tool_calls',
  );

  it.each(['TEXT_NANO', 'TEXT_MEDIUM', 'TEXT_MEGA', 'RESPONSE_HANDLER', 'ACTION_PLANNER'])(
    '[row 95] [situation L] answers the native call of %s with tool calls',
    async (type) => {
      await start({ plugins: [primary({ TEXT_SMALL: fails(503), TEXT_LARGE: fails(503) })] });
      guarded.elizaNet.fault = calling;
      expect(await ask(STAGE_1, type)).toMatchObject({
        text: '',
        toolCalls: [{ id: 'call_9', name: 'HANDLE_RESPONSE', arguments: { reply: 'Hi' } }],
        finishReason: 'tool-calls',
      });
      expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ tool_choice: 'required' });
    },
  );

  it('[situation M] is told who the agent is', async () => {
    await start({ plugins: [primary({ TEXT_LARGE: fails(503) })], system: 'You are terse.' });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({
      messages: [{ role: 'system', content: 'You are terse.\n\n# About Test' }, { role: 'user' }],
    });
  });
});
