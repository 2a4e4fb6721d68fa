import { readFile } from 'node:fs/promises';
import type { TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { chatChunk, chatEvents } from '../../../lab/chat-replies.js';
import { collector, createGuarded, type Guarded, joined } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { ContentPolicyError, InvalidResponseError, NoOutputError, OutputLimitError } from '../../../src/index.js';

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const DONE = '[DONE]';

let guarded: Guarded;

afterEach(() => guarded.stop());

async function start(fault: Fault) {
  guarded = await createGuarded({ plugins: [] });
  guarded.elizaNet.fault = fault;
  return guarded.runtime;
}

const stream = async () =>
  (await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', stream: true })) as unknown as TextStreamResult;
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.fail(`ended with ${JSON.stringify(value)}`),
    (error) => error,
  );

/** `The answer.` in two pieces, with whatever comes between and after them. */
const answer = ({ between = [], after = [DONE] }: { between?: unknown[]; after?: unknown[] } = {}) =>
  chatEvents([
    chatChunk({ role: 'assistant', content: '' }),
    chatChunk({ content: 'The ' }),
    ...between,
    chatChunk({ content: 'answer.' }),
    chatChunk({}, 'stop'),
    ...after,
  ]);

describe('the usage of a stream', () => {
  it.each([
    ['OpenAI sends it: choices empty', { choices: [], usage: USAGE }],
    ['LiteLLM sends it: a choice with an empty delta', { choices: [{ index: 0, delta: {} }], usage: USAGE }],
    ['choices null', { choices: null, usage: USAGE }],
    ['choices absent', { usage: USAGE }],
    ['it comes with the finish', chatChunk({}, 'stop', { usage: USAGE })],
  ])('is read as %s', async (_, event) => {
    await start(answer({ after: [event, DONE] }));
    const { textStream, usage, finishReason } = await stream();
    expect(await joined(textStream)).toBe('The answer.');
    expect(await usage).toEqual({ promptTokens: 7, completionTokens: 3, totalTokens: 10 });
    expect(await finishReason).toBe('stop');
    expect(guarded.events).toMatchObject([{ name: 'MODEL_USED', payload: { tokens: { total: 10 } } }]);
  });

  it('is undefined when none is sent, or one that makes no sense', async () => {
    await start(answer({ after: [{ usage: { prompt_tokens: 'many' } }, DONE] }));
    const { text, usage } = await stream();
    expect(await text).toBe('The answer.');
    expect(await usage).toBeUndefined();
  });

  it('is asked for', async () => {
    await start(answer());
    await (await stream()).text;
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });
});

describe('the text of a stream', () => {
  it.each([
    ['reasoning', chatChunk({ reasoning_content: 'Hm.', reasoning: 'Hm.', content: null })],
    ['thinking parts', chatChunk({ content: [{ type: 'thinking', thinking: 'Hm.' }] })],
    ['tool calls', chatChunk({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f', arguments: '{}' } }] })],
    ['a second choice', { model: 'gpt-4o', choices: [{ index: 1, delta: { content: 'Another.' } }] }],
    ['unknown fields', { object: 'chat.completion.chunk', obfuscation: 'abc', choices: [] }],
  ])('has no %s in it', async (_, event) => {
    await start(answer({ between: [event] }));
    expect(await joined((await stream()).textStream)).toBe('The answer.');
  });

  it('is read from parts', async () => {
    await start(answer({ between: [chatChunk({ content: [{ type: 'text', text: 'whole ' }] })] }));
    expect(await (await stream()).text).toBe('The whole answer.');
  });

  it('is cut with one warning, and no content, when the token limit ended it', async () => {
    const runtime = await start(chatEvents([chatChunk({ content: 'A secret begin' }), chatChunk({}, 'length'), DONE]));
    const lines = logLines(runtime);
    const { onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe('A secret begin');
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('cut at the token limit') },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('a reader who asks for the usage first', () => {
  it.each([1, 2, 3])('still gets each of %i chunks', async (count) => {
    await start(chatEvents([...Array(count).fill(chatChunk({ content: 'x' })), chatChunk({}, 'stop'), DONE]));
    const result = await stream();
    const usage = result.usage;
    expect(await joined(result.textStream)).toBe('x'.repeat(count));
    expect(await usage).toBeUndefined();
  });

  it('gets what came before an error, then the error', async () => {
    await start(chatEvents([chatChunk({ content: 'x' }), { error: { code: '503' } }]));
    const result = await stream();
    const usage = failureOf(result.usage);
    const chunks: string[] = [];
    const read = async () => {
      for await (const chunk of result.textStream) chunks.push(chunk);
    };
    expect(await failureOf(read())).toMatchObject({ statusCode: 503 });
    expect(chunks).toEqual(['x']);
    expect(await usage).toMatchObject({ statusCode: 503 });
  });
});

describe('a stream without text', () => {
  it.each([
    ['a filter took it', [chatChunk({}, 'content_filter'), DONE], ContentPolicyError],
    [
      'the model refuses',
      [chatChunk({ refusal: 'I will ' }), chatChunk({ refusal: 'not.' }), chatChunk({}, 'stop'), DONE],
      ContentPolicyError,
    ],
    [
      'there are only tool calls',
      [chatChunk({ tool_calls: [{ index: 0 }] }), chatChunk({}, 'tool_calls'), DONE],
      InvalidResponseError,
    ],
    [
      'reasoning used up the limit',
      [chatChunk({ reasoning_content: 'Hm.' }), chatChunk({}, 'length'), DONE],
      OutputLimitError,
    ],
    ['it only ends', [chatChunk({}, 'stop'), DONE], NoOutputError],
    ['it only ends, without a finish', [DONE], NoOutputError],
    ['it does not even end', [chatChunk({ role: 'assistant' })], InvalidResponseError],
  ])('says why: %s', async (_, events, type) => {
    const runtime = await start(chatEvents(events));
    const { chunks, onStreamChunk } = collector();
    const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk }));
    expect(error).toBeInstanceOf(type);
    expect(chunks).toEqual([]);
  });

  it('says so through the guard too, and is not counted against ElizaNet when the model refused', async () => {
    const failing = {
      name: 'primary',
      description: '',
      models: { TEXT_LARGE: () => Promise.reject(new Error('HTTP 503')) },
    };
    guarded = await createGuarded({ plugins: [failing], settings: { ELIZANET_FAILURE_THRESHOLD: 1 } });
    guarded.elizaNet.fault = chatEvents([chatChunk({}, 'content_filter'), DONE]);
    const { onStreamChunk } = collector();
    const error = await failureOf(guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk }));
    expect(error.attempts.at(-1)).toMatchObject({ failure: { kind: 'content_policy' } });
    expect(guarded.events.filter(({ payload }) => payload.provider === 'elizanet-fallback')).toEqual([]);
  });
});

describe('an error inside a stream', () => {
  it.each([
    ['as LiteLLM writes it', { error: { message: 'litellm.ServiceUnavailableError', code: '503' } }, 503],
    ['with a number', { error: { message: 'slow down', code: 429 } }, 429],
    ['beside choices', { ...chatChunk({ content: 'more' }), error: { code: '500' } }, 500],
    ['with a code that is no status', { error: { message: 'overloaded', code: 'overloaded_error' } }, 500],
    ['with a code that is out of range', { error: { code: 1e300 } }, 500],
    ['as a bare text', { error: 'overloaded' }, 500],
    ['of no known shape', { error: [{ code: [] }] }, 500],
  ])('is its error, %s', async (_, event, statusCode) => {
    await start(chatEvents([chatChunk({ content: 'The ' }), event, DONE]));
    const error = await failureOf(joined((await stream()).textStream));
    expect(error).toMatchObject({
      code: 'STREAM_INTERRUPTED',
      statusCode,
      cause: { code: 'UPSTREAM_STATUS', statusCode },
    });
    expect(error.message).not.toContain('overloaded');
  });
});

describe('what a real LiteLLM streams', () => {
  it.each([
    ['chat-stream.sse', 'The answer comes from a real LiteLLM.'],
    ['chat-stream-forwarded.sse', 'The quick brown fox jumps.'],
  ])('is read from %s', async (name, text) => {
    const recorded = await readFile(new URL(`../../fixtures/litellm/${name}`, import.meta.url), 'utf8');
    await start({ kind: 'status', status: 200, contentType: 'text/event-stream', body: recorded });
    expect(await (await stream()).text).toBe(text);
  });

  it('is an error where its provider broke off with one', async () => {
    const recorded = await readFile(
      new URL('../../fixtures/litellm/chat-stream-error-event.sse', import.meta.url),
      'utf8',
    );
    await start({ kind: 'status', status: 200, contentType: 'text/event-stream', body: recorded });
    expect(await failureOf(joined((await stream()).textStream))).toMatchObject({ statusCode: 503 });
  });
});
