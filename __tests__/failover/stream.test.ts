import {
  createStreamingContext,
  ResponseStreamExtractor,
  runWithStreamingContext,
  type TextStreamResult,
} from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import {
  collector,
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type GuardedOptions,
  joined,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';
import { getCallRecords, StreamInterruptedError } from '../../src/index.js';

let guarded: Guarded;
const start = async (stream: () => unknown, options: GuardedOptions = {}) => {
  guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: stream })], ...options });
  return guarded.runtime;
};

afterEach(() => guarded.stop());

describe('a stream that fails before its first text', () => {
  const failures: [string, () => unknown][] = [
    ['throws', () => textStream([], { throws: statusError(429) })],
    ['ends empty and its promises reject', () => rejecting(statusError(401))],
    ['ends empty with finish reason unknown', () => textStream([], { finishReason: 'unknown' })],
    ['ends empty with finish reason other', () => textStream([], { finishReason: 'other' })],
    ['sends only empty chunks', () => textStream(['', ''], { finishReason: 'error' })],
  ];
  it.each(failures)('fails over when it %s', async (_, stream) => {
    const runtime = await start(stream);
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks.join('')).toBe(ELIZANET_ANSWER);
  });

  it('does not fail over for an empty answer with a normal finish', async () => {
    const runtime = await start(() => textStream([]));
    const { onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe('');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('fails over when the caller reads the raw stream', async () => {
    const runtime = await start(() => rejecting(statusError(503)));
    const result = (await runtime.useModel('TEXT_LARGE', {
      prompt: 'hi',
      stream: true,
    })) as unknown as TextStreamResult;
    expect(await joined(result.textStream)).toBe(ELIZANET_ANSWER);
    expect(await result.text).toBe(ELIZANET_ANSWER);
    expect(await result.finishReason).toBe('stop');
    expect(await result.usage).toEqual({ promptTokens: 7, completionTokens: 3, totalTokens: 10 });
  });

  it("resolves `text` for a caller who does not read ElizaNet's stream", async () => {
    const runtime = await start(() => rejecting(statusError(503)));
    const result = (await runtime.useModel('TEXT_LARGE', {
      prompt: 'hi',
      stream: true,
    })) as unknown as TextStreamResult;
    expect(await result.text).toBe(ELIZANET_ANSWER);
  });
});

describe('a healthy stream', () => {
  it('is passed through chunk by chunk, unchanged', async () => {
    const runtime = await start(() => textStream(['one ', 'two ', 'three']));
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe('one two three');
    expect(chunks).toEqual(['one ', 'two ', 'three']);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('is complete without a finish reason', async () => {
    const runtime = await start(() => ({ ...textStream(['one']), finishReason: Promise.resolve(undefined) }));
    const { onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe('one');
  });
});

describe('a stream that is cut after its first text', () => {
  const cuts: [string, () => unknown][] = [
    ['throws', () => textStream(['one ', 'two '], { throws: new Error('socket closed') })],
    ['ends without a finish', () => textStream(['one ', 'two '], { finishReason: 'unknown' })],
    ['ends with an error', () => textStream(['one ', 'two '], { finishReason: 'error' })],
    [
      'ends with finish reason other, as from OpenRouter when the body was cut',
      () => textStream(['one ', 'two '], { finishReason: 'other' }),
    ],
  ];

  it.each(cuts)('is completed by ElizaNet when it %s: a complete answer, no further chunk', async (_, stream) => {
    const runtime = await start(stream);
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks).toEqual(['one ', 'two ']);
    expect(guarded.elizaNet.calls[0]?.body.stream).toBeUndefined();
  });

  it.each(cuts)('throws with ELIZANET_ON_INTERRUPTED=throw when it %s', async (_, stream) => {
    const runtime = await start(stream, { settings: { ELIZANET_ON_INTERRUPTED: 'throw' } });
    const { onStreamChunk } = collector();
    const error = await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error.partialText).toBe('one two ');
    expect(JSON.stringify(error) + error.message).not.toContain('one two');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(cuts)('returns the partial text with ELIZANET_ON_INTERRUPTED=keep when it %s', async (_, stream) => {
    const runtime = await start(stream, { settings: { ELIZANET_ON_INTERRUPTED: 'keep' } });
    const { onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe('one two ');
  });

  it.each(cuts)(
    'takes the partial text for an answer also where the raw stream is read, when it %s',
    async (_, stream) => {
      const runtime = await start(stream, {
        settings: { ELIZANET_ON_INTERRUPTED: 'keep', ELIZANET_FAILURE_THRESHOLD: 1 },
      });
      const result = (await runtime.useModel('TEXT_LARGE', {
        prompt: 'hi',
        stream: true,
      })) as unknown as TextStreamResult;
      expect(await joined(result.textStream)).toBe('one two ');
      expect(guarded.events.filter(({ name }) => name === 'ELIZANET_UNANSWERED')).toEqual([]);
      expect(getCallRecords(runtime)).toEqual([]);
      // The provider is not well for all that.
      expect(guarded.events.map(({ name }) => name)).toContain('ELIZANET_BREAKER_CHANGED');
    },
  );

  it.each(cuts)('throws for a caller who reads the raw stream when it %s', async (_, stream) => {
    const runtime = await start(stream);
    const result = (await runtime.useModel('TEXT_LARGE', {
      prompt: 'hi',
      stream: true,
    })) as unknown as TextStreamResult;
    const seen: string[] = [];
    const read = async () => {
      for await (const chunk of result.textStream) seen.push(chunk);
    };
    const error = await read().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error.partialText).toBe('one two ');
    expect(seen).toEqual(['one ', 'two ']);
    expect(await result.text.catch((thrown) => thrown)).toBeInstanceOf(StreamInterruptedError);
  });

  it('is completed when it stalls for longer than ELIZANET_PRIMARY_TIMEOUT', async () => {
    const clock = fakeClock();
    const runtime = await start(() => textStream(['one '], { stalls: true }), {
      options: { clock },
      settings: { ELIZANET_PRIMARY_TIMEOUT: 5_000 },
    });
    const onStreamChunk = () => queueMicrotask(() => setImmediate(() => clock.advance(5_000)));
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
  });

  it('ends the ambient stream exactly once after it was completed', async () => {
    const runtime = await start(() => textStream(['one '], { finishReason: 'unknown' }));
    const chunks: string[] = [];
    let ends = 0;
    const context = { onStreamChunk: async (chunk: string) => void chunks.push(chunk), onStreamEnd: () => void ends++ };
    const text = await runWithStreamingContext(context, () => runtime.useModel('TEXT_LARGE', { prompt: 'hi' }));
    expect([text, chunks, ends]).toEqual([ELIZANET_ANSWER, ['one '], 1]);
  });

  it("resets the text that core's message service would ask a continuation of", async () => {
    const pieces = ['<response><actions>REPLY</actions><text>', 'Half of an answer that is'];
    const runtime = await start(() => textStream(pieces, { finishReason: 'unknown' }));
    const chunks: string[] = [];
    const onStreamChunk = async (chunk: string) => void chunks.push(chunk);
    // As the message service does for each message of an SSE client.
    const context = createStreamingContext(new ResponseStreamExtractor(), onStreamChunk);
    const text = await runWithStreamingContext(context, () => runtime.useModel('TEXT_LARGE', { prompt: 'hi' }));
    expect(text).toBe(ELIZANET_ANSWER);
    expect(chunks.join('')).toBe('Half of an answ');
    expect(context.getStreamedText?.()).toBe('');
  });
});

describe("ElizaNet's own stream", () => {
  it('is followed by a second call for the complete answer when it is cut', async () => {
    const runtime = await start(() => Promise.reject(statusError(503)));
    guarded.elizaNet.fault = ({ body }) => (body.stream ? { kind: 'cut' } : { kind: 'none' });
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks.join('')).toBe('ElizaNet answers ');
  });

  it.each(['error-event', 'no-finish'] as const)('is not complete after %s', async (kind) => {
    const runtime = await start(() => Promise.reject(statusError(503)));
    guarded.elizaNet.fault = { kind };
    const result = (await runtime.useModel('TEXT_LARGE', {
      prompt: 'hi',
      stream: true,
    })) as unknown as TextStreamResult;
    const error = await joined(result.textStream).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StreamInterruptedError);
  });

  it('without text is a failure, even if it finishes normally', async () => {
    const runtime = await start(() => Promise.reject(statusError(503)));
    guarded.elizaNet.fault = { kind: 'empty-stream', finish: true };
    const { onStreamChunk } = collector();
    const error = await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ALL_PROVIDERS_FAILED', statusCode: 503 });
  });
});

/** A failed stream as plugin-openai returns it: no chunk, and three promises that reject. */
function rejecting(error: unknown) {
  return {
    ...textStream([]),
    text: Promise.reject(error),
    usage: Promise.reject(error),
    finishReason: Promise.reject(error),
  };
}
