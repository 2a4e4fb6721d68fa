import type { TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import {
  collector,
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type GuardedOptions,
  type Handler,
  joined,
  primary,
} from '../../lab/guarded.js';
import { createNextGuarded } from '../../lab/next-core/guarded.js';
import { nativeResult, nativeStream, STAGE_1, TOOL_CALL } from '../../lab/next-core/native.js';
import type { StreamInterruptedError } from '../../src/index.js';

let guarded: Guarded;
afterEach(() => guarded.stop());

const never = new Promise<never>(() => {});
type Stream = TextStreamResult & { toolCalls?: Promise<unknown>; [field: string]: unknown };

const CORES: [string, (options: GuardedOptions) => Promise<Guarded>][] = [
  ['core 1.7.2', createGuarded],
  ['a core that fails over itself', createNextGuarded],
];

describe.each(CORES)('on %s, a native call', (_, create) => {
  const start = async (handler: Handler, options: GuardedOptions = {}, name?: string) => {
    guarded = await create({ plugins: [primary({ TEXT_LARGE: handler }, name)], ...options });
  };
  const ask = (params: object = STAGE_1): Promise<unknown> => guarded.runtime.useModel('TEXT_LARGE', params as never);
  const stream = async () => (await ask({ ...STAGE_1, stream: true })) as Stream;

  it("returns a healthy primary's result, the very same object", async () => {
    const result = nativeResult();
    await start(() => result);
    expect(await ask()).toBe(result);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it("[row 73] passes every field of a healthy primary's stream on, also to a spread copy", async () => {
    await start(() => ({ ...nativeStream(['Let me ', 'look.']), warnings: ['mild'] }));
    const copy = { ...(await stream()) };
    expect(await joined(copy.textStream)).toBe('Let me look.');
    expect(await copy.text).toBe('Let me look.');
    expect(await copy.toolCalls).toEqual([TOOL_CALL]);
    expect(await copy.finishReason).toBe('tool-calls');
    expect(await copy.usage).toMatchObject({ totalTokens: 10 });
    expect(copy).toMatchObject({ providerMetadata: { modelName: 'm', provider: 'primary' }, warnings: ['mild'] });
  });

  it("passes a healthy primary's stream of tool calls alone on", async () => {
    await start(() => nativeStream([]));
    const { textStream, toolCalls } = await stream();
    expect(await joined(textStream)).toBe('');
    expect(await toolCalls).toEqual([TOOL_CALL]);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('waits for the tool calls that a healthy primary writes for long after its text', async () => {
    const clock = fakeClock();
    const { textStream: _, ...rest } = nativeStream(['Let me look.']);
    async function* chunks() {
      yield 'Let me look.';
      await new Promise<void>((resolve) => clock.after(50_000, resolve));
    }
    await start(() => ({ ...rest, textStream: chunks() }), { options: { clock } });
    const { textStream, toolCalls } = await stream();
    const text = joined(textStream);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50_000);
    expect(await text).toBe('Let me look.');
    expect(await toolCalls).toEqual([TOOL_CALL]);
  });

  it('[row 69] gives the stream of a call without tools no key of tool calls', async () => {
    const { toolCalls: _calls, ...plain } = nativeStream(['Hello']);
    await start(() => plain);
    const result = (await ask({ prompt: 'hi', stream: true })) as Stream;
    expect('toolCalls' in result).toBe(false);
    expect(await joined(result.textStream)).toBe('Hello');
  });

  it('[row 84] does not wait for ever for tool calls that never settle: the stream counts as cut', async () => {
    const clock = fakeClock();
    await start(() => nativeStream(['Let me look.'], { toolCalls: never }), { options: { clock } });
    const { textStream, toolCalls } = await stream();
    const cut = { code: 'STREAM_INTERRUPTED', partialText: 'Let me look.' };
    expect(await failureOf(inTime(clock, joined(textStream)))).toEqual(cut);
    expect(await failureOf(toolCalls)).toEqual(cut);
  });

  it('[row 84] fails over when a stream without text never tells its tool calls', async () => {
    const clock = fakeClock();
    await start(() => nativeStream([], { toolCalls: never }), { options: { clock } });
    const { onStreamChunk } = collector();
    expect(await inTime(clock, ask({ prompt: 'hi', onStreamChunk }))).toBe(ELIZANET_ANSWER);
  });

  it('[row 84] answers without a usage that never settles', async () => {
    const clock = fakeClock();
    await start(() => nativeStream(['Let me look.'], { usage: never }), { options: { clock } });
    const { textStream, toolCalls, usage } = await stream();
    expect(await joined(textStream)).toBe('Let me look.');
    expect(await toolCalls).toEqual([TOOL_CALL]);
    expect(await inTime(clock, Promise.resolve(usage))).toBeUndefined();
  });

  it('[row 74] leaves no rejection of a side promise unhandled when the stream fails', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const lost = () => Promise.reject(new Error('lost'));
    await start(() => ({
      ...nativeStream(['Let me '], {
        throws: new Error('reset'),
        toolCalls: lost(),
        usage: lost(),
        finishReason: lost(),
      }),
      response: lost(),
    }));
    const { textStream } = await stream();
    expect(await failureOf(joined(textStream))).toMatchObject({ code: 'STREAM_INTERRUPTED' });
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      '[row 97] an apology as its text',
      { text: 'Error generating text. Please try again later.', toolCalls: [] },
      'groq',
    ],
    ['[row 97] neither text nor tool calls, and no finish reason', { toolCalls: [], finishReason: undefined }, 'any'],
    [
      '[row 97] neither text nor tool calls, and an unknown finish',
      { text: ' \n', toolCalls: [], finishReason: 'other' },
      'any',
    ],
    ['[row 97] no tool calls, although it ended with them', { toolCalls: [], finishReason: 'tool-calls' }, 'any'],
    ['a text that ended in an error', { text: 'Half an', toolCalls: [], finishReason: 'error' }, 'any'],
  ])('fails over from a result with %s', async (_, fields, name) => {
    await start(() => nativeResult(fields), {}, name);
    expect(await ask({ prompt: 'hi' })).toBe(ELIZANET_ANSWER);
  });

  it('fails over from an empty object in place of one that follows the schema', async () => {
    await start(() => nativeResult({ text: '{}', toolCalls: [], finishReason: 'stop' }), {}, 'groq');
    expect(await ask({ prompt: 'hi', responseSchema: { type: 'object' } })).not.toMatchObject({ text: '{}' });
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ['[row 64] that has nothing to say and ends normally', { toolCalls: [], finishReason: 'stop' }],
    ['of tool calls alone, whatever its finish', { finishReason: 'unknown' }],
    ['whose text stands in its content', { toolCalls: [], finishReason: 'other', content: [{ text: 'Hello' }] }],
  ])('returns a result %s', async (_, fields) => {
    await start(() => nativeResult(fields));
    expect(await ask()).toEqual(nativeResult(fields));
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

/** Not the error itself: a matcher of Bun takes seconds for one. */
async function failureOf(promise: Promise<unknown> | undefined): Promise<{ code: unknown; partialText: unknown }> {
  try {
    await promise;
  } catch (error) {
    const { code, partialText } = error as StreamInterruptedError;
    return { code, partialText };
  }
  throw new Error('it did not fail');
}

/** The outcome of a promise, while the clock moves on by 10 s in small steps. */
async function inTime<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let pending = true;
  const settle = () => {
    pending = false;
  };
  promise.then(settle, settle);
  for (let step = 0; step < 5_000 && pending; step++) {
    // ElizaNet's answer takes real time, on a busy machine more than a number of turns.
    await new Promise((resolve) => (step < 100 ? setImmediate(resolve) : setTimeout(resolve, 1)));
    if (step < 100) clock.advance(100);
  }
  if (pending) throw new Error('it does not settle');
  return promise;
}
