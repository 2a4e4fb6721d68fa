import { describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, body as jsonBody } from '../../../../lab/chat-replies.js';
import { joined } from '../../../../lab/guarded.js';
import { logLines } from '../../../../lab/log-lines.js';
import { chunk, chunkedHead, startRawServer } from '../../../../lab/raw-server.js';
import { ContentPolicyError, InvalidResponseError, NoOutputError, OutputLimitError } from '../../../../src/index.js';
import { CLOCK, failureOf, LOOK_UP, type Params, startAgent, user } from './agent.js';

const messages = [user('hi')];
const tools = [LOOK_UP, CLOCK];
const withTools = { messages, tools };
const structured = { ...withTools, streamStructured: true };
const DONE = '[DONE]';
const LOOKED_UP = { id: 'c1', name: 'LOOK_UP', arguments: { word: 'fox' } };

const role = chatChunk({ role: 'assistant', content: null });
const text = (content: string) => chatChunk({ content });
/** The first delta of a call, and one that goes on. */
const begins = (index: number, id: string, name: string, args = '') =>
  chatChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] });
const goesOn = (index: number, args: string) =>
  chatChunk({ tool_calls: [{ index, type: 'function', function: { arguments: args } }] });
const ends = (reason = 'tool_calls') => chatChunk({}, reason);
const PIECES = ['{"wo', 'rd":', '"fox"}'];
const call = [begins(0, 'c1', 'LOOK_UP'), ...PIECES.map((piece) => goesOn(0, piece))];
const usage = {
  choices: [],
  usage: {
    prompt_tokens: 7,
    completion_tokens: 3,
    total_tokens: 10,
    completion_tokens_details: { reasoning_tokens: 2 },
  },
};

/** The pieces of a stream, and what its side promises bring. */
async function whole(agent: Awaited<ReturnType<typeof startAgent>>, params: Params) {
  const result = await agent.stream(params);
  const pieces: string[] = [];
  for await (const piece of result.textStream) pieces.push(piece);
  const { toolCalls, finishReason, usage, providerMetadata } = result;
  return {
    pieces,
    text: await result.text,
    toolCalls: await toolCalls,
    finishReason: await finishReason,
    usage: await usage,
    providerMetadata,
  };
}

describe('a stream', () => {
  it('[row 69] of a prompt has text pieces and no key for tool calls', async () => {
    const agent = await startAgent(chatEvents([role, text('The '), text('answer.'), ends('stop'), DONE]));
    const result = await agent.textStream({ prompt: 'P' });
    expect(Object.keys(result)).toEqual(['textStream', 'text', 'usage', 'finishReason']);
    expect(await joined(result.textStream)).toBe('The answer.');
    expect(await result.finishReason).toBe('stop');
  });

  it('[row 70] has the text of the model, and its tool calls after the end', async () => {
    const agent = await startAgent(chatEvents([role, text('Wa'), text('it.'), ...call, ends(), usage, DONE]));
    expect(await whole(agent, withTools)).toEqual({
      pieces: ['Wa', 'it.'],
      text: 'Wait.',
      toolCalls: [LOOKED_UP],
      finishReason: 'tool-calls',
      usage: { promptTokens: 7, completionTokens: 3, totalTokens: 10, reasoningTokens: 2 },
      providerMetadata: { modelName: 'gpt-4o', provider: 'elizanet-fallback' },
    });
  });

  it('[row 70] of tool calls alone has no pieces and ends normally', async () => {
    const agent = await startAgent(chatEvents([role, ...call, ends('stop'), DONE]));
    expect(await whole(agent, withTools)).toMatchObject({
      pieces: [],
      text: '',
      toolCalls: [LOOKED_UP],
      finishReason: 'tool-calls',
      usage: undefined,
    });
  });

  it('[row 70] has an empty list of tool calls when there are none', async () => {
    const agent = await startAgent(chatEvents([text('The answer.'), ends('stop'), DONE]));
    expect(await whole(agent, { messages })).toMatchObject({
      text: 'The answer.',
      toolCalls: [],
      finishReason: 'stop',
    });
  });

  it('[row 71] for structured output has the pieces of the arguments alone', async () => {
    const agent = await startAgent(chatEvents([role, text('Let me see.'), ...call, ends(), DONE]));
    const answer = await whole(agent, structured);
    expect(answer).toMatchObject({ pieces: PIECES, text: PIECES.join(''), toolCalls: [LOOKED_UP] });
    expect(JSON.parse(answer.text)).toEqual({ word: 'fox' });
  });

  it.each([
    ['text and no call', [text('{"word"'), text(':"fox"}'), ends('stop')], ['{"word":"fox"}'], []],
    [
      'a call without arguments',
      [begins(0, 'c1', 'CLOCK'), ends()],
      ['{}'],
      [{ id: 'c1', name: 'CLOCK', arguments: {} }],
    ],
    [
      'a whole message in place of deltas',
      [
        {
          choices: [
            {
              index: 0,
              delta: {},
              message: {
                content: 'Hm.',
                tool_calls: [{ id: 'c1', function: { name: 'LOOK_UP', arguments: '{"word":"fox"}' } }],
              },
              finish_reason: 'tool_calls',
            },
          ],
        },
      ],
      ['{"word":"fox"}'],
      [LOOKED_UP],
    ],
  ])('[row 71] for structured output gives the rest as one piece: %s', async (_what, events, pieces, toolCalls) => {
    const agent = await startAgent(chatEvents([...events, DONE]));
    expect(await whole(agent, structured)).toMatchObject({ pieces, text: pieces.join(''), toolCalls });
  });

  it('[row 71] for structured output without tools has the text as it comes', async () => {
    const agent = await startAgent(chatEvents([text('The '), text('answer.'), ends('stop'), DONE]));
    expect(await whole(agent, { messages, streamStructured: true })).toMatchObject({ pieces: ['The ', 'answer.'] });
  });

  it('[row 72] keeps the arguments of parallel calls apart, in the order of their indexes', async () => {
    const agent = await startAgent(
      chatEvents([
        role,
        begins(1, 'c2', 'LOOK_UP', '{"word"'),
        begins(0, 'c1', 'LOOK_UP'),
        chatChunk({
          tool_calls: [
            { index: 0, function: { arguments: '{"word":"f' } },
            { index: 1, function: { arguments: ':"d' } },
          ],
        }),
        goesOn(1, 'og"}'),
        goesOn(0, 'ox"}'),
        ends(),
        DONE,
      ]),
    );
    expect((await whole(agent, withTools)).toolCalls).toEqual([
      LOOKED_UP,
      { id: 'c2', name: 'LOOK_UP', arguments: { word: 'dog' } },
    ]);
  });

  it.each([
    ['of a native call', withTools, ['textStream', 'text', 'usage', 'finishReason', 'toolCalls', 'providerMetadata']],
    ['of a prompt', { prompt: 'P' }, ['textStream', 'text', 'usage', 'finishReason']],
  ])('[row 73] %s can be copied by a spread', async (_what, params, keys) => {
    const agent = await startAgent(chatEvents([text('The '), text('answer.'), ends('stop'), usage, DONE]));
    const copy = { ...(await agent.stream(params)) };
    expect(Object.keys(copy)).toEqual(keys);
    expect(await joined(copy.textStream)).toBe('The answer.');
    expect(await copy.text).toBe('The answer.');
    expect(await copy.finishReason).toBe('stop');
    expect(await copy.usage).toMatchObject({ totalTokens: 10 });
    expect(await copy.toolCalls).toEqual('toolCalls' in copy ? [] : undefined);
  });

  it('[row 74] that fails leaves no rejection without a handler, whichever parts are read', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const agent = await startAgent(chatEvents([text('x'), { error: { code: '503' } }]));
      const copy = { ...(await agent.stream(withTools)) };
      await failureOf(joined(copy.textStream));
      const dropped = await agent.stream(withTools);
      void dropped.toolCalls;
      await failureOf(dropped.text);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });

  it('[row 77] settles its promises when its reader leaves', async () => {
    const agent = await startAgent(chatEvents([text('The '), text('answer.'), ...call, ends(), DONE]));
    const result = await agent.stream(withTools);
    for await (const _ of result.textStream) break;
    const settled = await Promise.allSettled([result.text, result.toolCalls, result.usage, result.finishReason]);
    expect(settled.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('[row 80] is not asked for again after its first piece', async () => {
    const agent = await startAgent(chatEvents([text('The '), { error: { code: 429, message: 'slow down' } }]));
    const result = await agent.stream(withTools);
    expect(await failureOf(joined(result.textStream))).toMatchObject({ statusCode: 429 });
    expect(await failureOf(result.toolCalls)).toMatchObject({ statusCode: 429 });
    expect(agent.sent).toHaveLength(1);
  });

  it('[row 109] tells core what it cost at its end, once', async () => {
    const agent = await startAgent(chatEvents([text('The answer.'), ...call, ends(), usage, DONE]));
    const result = await agent.stream(withTools);
    expect(agent.guarded.events).toEqual([]);
    await result.toolCalls;
    await result.usage;
    expect(agent.guarded.events).toMatchObject([
      {
        name: 'MODEL_USED',
        payload: { model: 'gpt-4o', tokens: { prompt: 7, completion: 3, total: 10, reasoningTokens: 2 } },
      },
    ]);
  });
});

/** LiteLLM ends a stream with `stop` and `[DONE]` when it loses its provider. */
const MADE_UP_END = [ends('stop'), DONE];

describe('a stream that was cut', () => {
  it.each([
    ['in the arguments', [...call.slice(0, 3), ...MADE_UP_END]],
    ['before the arguments', [begins(0, 'c1', 'LOOK_UP'), ...MADE_UP_END]],
    ['in the second call', [...call, begins(1, 'c2', 'LOOK_UP', '{"w'), ...MADE_UP_END]],
    ['in the arguments, after text', [text('Wait.'), ...call.slice(0, 2), ...MADE_UP_END]],
    ['in the arguments, without any end', [...call.slice(0, 3)]],
  ])('[row 81] %s is no answer, streamed as text or structured', async (_where, events) => {
    for (const params of [withTools, structured]) {
      const agent = await startAgent(chatEvents(events));
      const result = await agent.stream(params);
      expect(await failureOf(joined(result.textStream))).toBeInstanceOf(InvalidResponseError);
      expect(await failureOf(result.toolCalls)).toBeInstanceOf(InvalidResponseError);
      expect(await failureOf(result.text)).toBeInstanceOf(InvalidResponseError);
      expect(agent.guarded.events).toEqual([]);
    }
  });

  it('[row 81] is no answer to a plain call either', async () => {
    const agent = await startAgent(chatEvents([...call.slice(0, 3), ...MADE_UP_END]));
    expect(await failureOf(agent.ask(withTools))).toBeInstanceOf(InvalidResponseError);
  });

  it('[row 82] by the token limit in the arguments is incomplete', async () => {
    const agent = await startAgent(chatEvents([...call.slice(0, 3), ends('length'), DONE]));
    const result = await agent.stream(withTools);
    expect(await failureOf(joined(result.textStream))).toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE' });
  });

  it('[row 82] by the token limit in its text says so by its finish reason, from which core takes an error', async () => {
    const agent = await startAgent(chatEvents([text('Half an'), ends('length'), DONE]));
    const lines = logLines(agent.guarded.runtime);
    expect(await whole(agent, withTools)).toMatchObject({ text: 'Half an', finishReason: 'length' });
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('token limit') },
    ]);
  });

  it.each([
    ['nothing, with a normal end', [role, ends('stop'), DONE], NoOutputError],
    ['nothing but a finish by calls', [role, ends(), DONE], NoOutputError],
    ['nothing, at the token limit', [role, ends('length'), DONE], OutputLimitError],
    ['nothing, filtered', [role, ends('content_filter'), DONE], ContentPolicyError],
    ['a refusal', [chatChunk({ refusal: 'No.' }), ends('stop'), DONE], ContentPolicyError],
    ['a call of a tool that was not offered', [begins(0, 'c1', 'SECRET', '{}'), ends(), DONE], InvalidResponseError],
    [
      'a second model in the middle of its calls',
      [role, ...call, chatChunk({ role: 'assistant', content: 'Hi' }), ends('stop'), DONE],
      InvalidResponseError,
    ],
  ])('is an error that says why: %s', async (_what, events, type) => {
    const agent = await startAgent(chatEvents(events));
    const result = await agent.stream(withTools);
    const error = await failureOf(joined(result.textStream));
    expect(error).toBeInstanceOf(type);
    expect(error.message).not.toContain('SECRET');
  });
});

describe("the user's abort", () => {
  it.each(['signal', 'abortSignal'])(
    '[row 75] before the call, by `%s`, sends nothing and throws its reason',
    async (name) => {
      const agent = await startAgent();
      const reason = { not: 'wanted' };
      for (const stream of [false, true]) {
        expect(await failureOf(agent.call({ ...withTools, stream, [name]: AbortSignal.abort(reason) }))).toBe(reason);
      }
      expect(agent.sent).toEqual([]);
    },
  );

  it.each(['signal', 'abortSignal'])(
    '[row 76] between two pieces, by `%s`, ends the stream with its reason and closes the socket',
    async (name) => {
      const server = await startRawServer((socket) =>
        socket.write(chunkedHead() + String(chunk(`data: ${JSON.stringify(text('one '))}\n\n`))),
      );
      try {
        const agent = await startAgent(undefined, { settings: { ELIZANET_BASE_URL: server.url } });
        const controller = new AbortController();
        const reason = new Error('not wanted');
        const result = await agent.stream({ ...withTools, [name]: controller.signal });
        const pieces: string[] = [];
        const reading = (async () => {
          for await (const piece of result.textStream) {
            pieces.push(piece);
            setImmediate(() => controller.abort(reason));
          }
        })();
        expect(await failureOf(reading)).toBe(reason);
        expect(pieces).toEqual(['one ']);
        expect(await failureOf(result.toolCalls)).toBe(reason);
        await server.until(() => server.sockets.open === 0);
        expect(server.requests).toHaveLength(1);
      } finally {
        await server.close();
      }
    },
  );

  it('of a call that is not streamed closes its request, beside a signal that never fires', async () => {
    const server = await startRawServer(() => {});
    try {
      const agent = await startAgent(undefined, { settings: { ELIZANET_BASE_URL: server.url } });
      const controller = new AbortController();
      const asked = agent.ask({ ...withTools, signal: controller.signal, abortSignal: new AbortController().signal });
      await server.until(() => server.requests.length === 1);
      controller.abort('not wanted');
      expect(await failureOf(asked)).toBe('not wanted');
      await server.until(() => server.sockets.open === 0);
    } finally {
      await server.close();
    }
  });

  it('[row 77] by leaving the loop closes the socket', async () => {
    const server = await startRawServer((socket) =>
      socket.write(chunkedHead() + String(chunk(`data: ${JSON.stringify(text('one '))}\n\n`))),
    );
    try {
      const agent = await startAgent(undefined, { settings: { ELIZANET_BASE_URL: server.url } });
      const result = await agent.stream(withTools);
      for await (const _ of result.textStream) break;
      await server.until(() => server.sockets.open === 0);
      expect((await Promise.allSettled([result.toolCalls]))[0]?.status).toBe('rejected');
    } finally {
      await server.close();
    }
  });
});

describe('a response schema', () => {
  const schema = { type: 'object', properties: { mood: { type: 'string' } } };
  const list = { type: 'array', items: { type: 'string' } };

  it('is streamed as the text that comes', async () => {
    const agent = await startAgent(chatEvents([text('{"mood"'), text(':"calm"}'), ends('stop'), DONE]));
    expect(await whole(agent, { messages, responseSchema: schema })).toMatchObject({
      pieces: ['{"mood"', ':"calm"}'],
      toolCalls: [],
      finishReason: 'stop',
    });
  });

  it('of a list is streamed in one piece, without the object that it travelled in', async () => {
    const agent = await startAgent(chatEvents([text('{"result":["a"'), text(',"b"]}'), ends('stop'), DONE]));
    expect(await whole(agent, { messages, responseSchema: list })).toMatchObject({
      pieces: ['["a","b"]'],
      text: '["a","b"]',
    });
  });

  it('of a list is answered without the object that it travelled in', async () => {
    const agent = await startAgent(
      jsonBody('{"choices":[{"message":{"content":"{\\"result\\":[1]}"},"finish_reason":"stop"}]}'),
    );
    expect((await agent.ask({ messages, responseSchema: list })).text).toBe('[1]');
  });
});
