import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../../lab/collect-garbage.js';
import { fakeClock } from '../../lab/fake-clock.js';
import {
  collector,
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
import type { Fault } from '../../lab/stand-in/fault.js';
import { startStandIn } from '../../lab/stand-in/server.js';

let guarded: Guarded;

const start = async (handler: Handler, options: GuardedOptions = {}) => {
  guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: handler })], ...options });
};
const ask = (params: object = {}) => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...params });
const askForStream = async (params: object = {}) =>
  (await ask({ stream: true, ...params })) as unknown as TextStreamResult;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(() => guarded.stop());

describe('complete streams that finish with', () => {
  const answers = async (count: number) => {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(await ask({ onStreamChunk: () => {} }));
    return texts;
  };
  const settings = { ELIZANET_FAILURE_THRESHOLD: 9 };

  it.each(['other', 'unknown'])('`%s` each time are believed from the third on', async (finishReason) => {
    await start(() => textStream(['mine'], { finishReason }), { settings });
    expect(await answers(5)).toEqual([ELIZANET_ANSWER, ELIZANET_ANSWER, 'mine', 'mine', 'mine']);
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });

  it('`other` are not believed of a provider that has finished normally', async () => {
    let calls = 0;
    await start(() => textStream(['mine'], { finishReason: calls++ === 0 ? 'stop' : 'other' }), { settings });
    expect(await answers(5)).toEqual(['mine', ELIZANET_ANSWER, ELIZANET_ANSWER, ELIZANET_ANSWER, ELIZANET_ANSWER]);
  });

  it.each([
    ['`error`', () => textStream(['half '], { finishReason: 'error' })],
    ['an error that is thrown', () => textStream(['half '], { throws: new Error('socket') })],
    ['`other` and no text', () => textStream([], { finishReason: 'other' })],
  ])('%s are never believed', async (_, stream) => {
    await start(stream, { settings });
    expect(await answers(5)).toEqual(Array(5).fill(ELIZANET_ANSWER));
  });
});

describe('a reader that leaves a stream before its end', () => {
  const sources: [string, Handler][] = [
    ['a primary', () => textStream(['one ', 'two ', 'three'])],
    ['a primary that stalls', () => textStream(['one ', 'two '], { stalls: true })],
    ['ElizaNet', () => Promise.reject(statusError(503))],
  ];
  it.each(sources)('gets no half text as the whole one, from %s', async (_, handler) => {
    await start(handler);
    const result = await askForStream();
    for await (const _ of result.textStream) break;
    const outcome = await Promise.race([result.text.catch(() => 'rejected'), pause(1_000).then(() => 'unsettled')]);
    expect(outcome).toBe('rejected');
    expect(await result.finishReason?.catch(() => undefined)).toBeUndefined();
  });

  it.each([0, 60_000])('ends a pull that waits, with ELIZANET_PRIMARY_TIMEOUT=%i', async (limit) => {
    await start(() => textStream(['one '], { stalls: true }), { settings: { ELIZANET_PRIMARY_TIMEOUT: limit } });
    const result = await askForStream();
    const text = result.text.catch(() => 'rejected');
    await pause(5);
    const iterator = result.textStream[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await Promise.race([text, pause(1_000).then(() => 'unsettled')])).toBe('rejected');
  });

  it('after its end keeps the whole text', async () => {
    await start(() => textStream(['one ', 'two']));
    const result = await askForStream();
    expect(await joined(result.textStream)).toBe('one two');
    await result.textStream[Symbol.asyncIterator]().return?.();
    expect(await result.text).toBe('one two');
    expect(await result.finishReason).toBe('stop');
  });
});

describe('a stream whose iterator cannot be made or throws at once', () => {
  it.each<[string, object]>([
    [
      'by a method that throws',
      {
        [Symbol.asyncIterator]() {
          throw new TypeError('no iterator');
        },
      },
    ],
    [
      'by a next() that throws',
      {
        [Symbol.asyncIterator]: () => ({
          next() {
            throw new TypeError('no item');
          },
        }),
      },
    ],
    ['by a next() that gives nothing', { [Symbol.asyncIterator]: () => ({ next: () => undefined }) }],
  ])('fails over, and leaves no timer: %s', async (_, chunks) => {
    const clock = fakeClock();
    await start(() => ({ ...textStream([]), textStream: chunks }), { options: { clock } });
    const before = clock.pendingCount;
    expect(await ask({ onStreamChunk: () => {} })).toBe(ELIZANET_ANSWER);
    expect(clock.pendingCount).toBe(before);
  });
});

describe('a stream in another form', () => {
  it.each<[string, () => unknown]>([
    ['an array', () => ['one ', 'two']],
    ['a generator', () => ['one ', 'two'].values()],
    ['a bare iterator', () => bareIterator(['one ', 'two'])],
    ['a ReadableStream', () => ReadableStream.from(['one ', 'two'])],
  ])('is delivered chunk by chunk: %s', async (_, chunks) => {
    await start(() => ({ ...textStream([]), textStream: chunks() }));
    const { chunks: seen, onStreamChunk } = collector();
    expect(await ask({ onStreamChunk })).toBe('one two');
    expect(seen).toEqual(['one ', 'two']);
    expect(await joined((await askForStream()).textStream)).toBe('one two');
  });
});

describe('an object with a key `textStream`', () => {
  it.each([[['a', 'b']], [{ next: 1 }], ['text'], [null]])('is an answer like any other: %j', async (textStream) => {
    const object = { textStream, other: 1 };
    guarded = await createGuarded({ plugins: [primary({ OBJECT_SMALL: () => object })] });
    const { signal } = new AbortController();
    let listening = 0;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener(...args: Parameters<typeof addEventListener>) {
        listening++;
        addEventListener.apply(signal, args);
      },
      removeEventListener(...args: Parameters<typeof removeEventListener>) {
        listening--;
        removeEventListener.apply(signal, args);
      },
    });
    expect(await guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'hi', ...{ signal } })).toEqual(object);
    expect(listening).toBe(0);
  });
});

describe('raw streams on a signal that lives on', () => {
  const USES: [string, (result: TextStreamResult) => unknown][] = [
    [
      'broken off',
      async ({ textStream }) => {
        for await (const _ of textStream) break;
      },
    ],
    ['unread', () => {}],
    ['read by `.text`', ({ text }) => text],
    ['read by `.usage`', ({ usage }) => usage],
    ['read to the end', ({ textStream }) => joined(textStream)],
  ];
  const SOURCES: [string, Handler][] = [
    ['a primary', () => textStream(['one ', 'two'])],
    ['ElizaNet', () => Promise.reject(statusError(503))],
  ];
  const cases = USES.flatMap(([use, take]) => SOURCES.map(([source, handler]) => ({ use, take, source, handler })));

  it.each(cases)('leave no listener and no memory when $use, from $source', async ({ take, handler }) => {
    await start(handler, { settings: { ELIZANET_FAILURE_THRESHOLD: 1, ELIZANET_EARLY_FAILOVER: 'off' } });
    const lasting = new AbortController().signal;
    const listeners = new Set<unknown>();
    const counted = {
      aborted: false,
      addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
    };
    const kept: WeakRef<object>[] = [];
    const useOne = async () => {
      const result = await askForStream({ abortSignal: counted, signal: lasting });
      kept.push(new WeakRef(result.textStream));
      await take(result);
      guarded.logs.length = 0;
    };
    for (let i = 0; i < 5; i++) await useOne();
    for (let i = 0; i < 20 && (listeners.size > 0 || kept.some((ref) => ref.deref())); i++) {
      await pause(5);
      await collectGarbage();
    }
    expect(listeners.size).toBe(0);
    // The last one may still be in a register.
    expect(kept.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(1);
  });

  it('leave no listener for pinned calls, whose two signals are joined', async () => {
    await start(() => 'mine');
    const lists = [new Set<unknown>(), new Set<unknown>()];
    const [abortSignal, signal] = lists.map((listeners) => ({
      aborted: false,
      addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
    }));
    const pinned = async () => {
      await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...{ abortSignal, signal } }, 'elizanet-fallback');
    };
    for (let i = 0; i < 5; i++) await pinned();
    for (let i = 0; i < 20 && lists.some(({ size }) => size > 1); i++) {
      await pause(5);
      await collectGarbage();
    }
    // A connection to ElizaNet lives in the context of the call that opened it.
    for (const { size } of lists) expect(size).toBeLessThanOrEqual(1);
  });
});

describe("plugin-openai's raw stream", () => {
  it.each<[string, Fault, number]>([
    ['a dropped socket', { kind: 'cut' }, 60_000],
    ['a stall', { kind: 'stall' }, 300],
  ])('has a `.text` that settles after %s', async (_, fault, limit) => {
    const upstream = await startStandIn();
    upstream.fault = fault;
    guarded = await createGuarded({
      plugins: [await openai.load()],
      settings: { ...openai.settings(upstream.url), ELIZANET_PRIMARY_TIMEOUT: limit },
    });
    const result = await askForStream();
    const outcome = await Promise.race([result.text.catch(({ name }) => name), pause(5_000).then(() => 'unsettled')]);
    expect(outcome).toBe('StreamInterruptedError');
    await upstream.close();
  });

  it('has a `.text` that ends by the abort', async () => {
    const upstream = await startStandIn();
    upstream.fault = { kind: 'stall' };
    guarded = await createGuarded({ plugins: [await openai.load()], settings: openai.settings(upstream.url) });
    const controller = new AbortController();
    const result = await askForStream({ abortSignal: controller.signal });
    const text = result.text.catch((error) => error.message);
    controller.abort(new Error('the user left'));
    expect(await text).toBe('the user left');
    await upstream.close();
  });
});

describe('a pinned stream of a type that was never asked without a pin', () => {
  it('has its late rejections handled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const no = () => Promise.reject(new Error('no output'));
    await start(() => ({ ...textStream([]), text: no(), usage: no(), finishReason: no() }));
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', stream: true }, 'primary');
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('a handler that reads its stream to [DONE] and goes on while the server drops the socket', () => {
  let server: Server;

  it.each([0, 30, 60])('for %i ms keeps its answer', async (moreMs) => {
    server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: mine\n\ndata: [DONE]\n\n');
      setTimeout(() => response.socket?.destroy(), 5);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
    await start(async () => {
      const { body } = await fetch(url, { method: 'POST' });
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      let text = '';
      while (!text.includes('[DONE]')) text += decoder.decode((await reader.read()).value, { stream: true });
      await pause(5 + moreMs);
      return 'mine';
    });
    for (let i = 0; i < 4; i++) expect(await ask()).toBe('mine');
    expect(guarded.elizaNet.calls).toHaveLength(0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('for longer than that loses one answer, and keeps the next ones', async () => {
    server = createServer((request, response) => {
      if (request.url === '/status/503') return void response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: mine\n\ndata: [DONE]\n\n');
      setTimeout(() => response.socket?.destroy(), 5);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let isUp = true;
    await start(async () => {
      const response = await fetch(`${origin}/${isUp ? 'v1/chat' : 'status/503'}`, { method: 'POST' });
      if (!response.ok) return new Promise(() => {});
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      await pause(500);
      return 'mine';
    });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    await pause(400);
    expect(await ask()).toBe('mine');
    // Its failures are still seen on the wire.
    isUp = false;
    expect(await ask()).toBe(ELIZANET_ANSWER);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

function bareIterator(left: string[]) {
  return {
    next: () => (left.length > 0 ? { done: false, value: left.shift() } : { done: true, value: undefined }),
  };
}
