import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, chatMessage, chatText, refusal } from '../../../lab/chat-replies.js';
import { PNG, PNG_URL } from '../../../lab/media.js';
import { chunk, chunkedHead, type RawServer, startRawServer } from '../../../lab/raw-server.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { InvalidResponseError } from '../../../src/index';
import type { NativeStreamResult } from '../../../src/models/chat/chat-text-stream.js';
import type { NativeResult } from '../../../src/models/chat/native-result.js';
import { type OneProvider, startOneProvider } from './one-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const LOOK_UP = {
  name: 'LOOK_UP',
  description: 'Looks a word up.',
  parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
};
const CLOCK = { name: 'CLOCK', parameters: { type: 'object', properties: {} } };
const SENT_TOOL = { type: 'function', function: LOOK_UP };
const SCHEMA = {
  type: 'object',
  properties: { mood: { type: 'string' } },
  required: ['mood'],
  additionalProperties: false,
};
const messages = [{ role: 'user', content: 'Which animal?' }];
const withTools = { messages, tools: [LOOK_UP, CLOCK] };
const FOX = { id: 'c1', name: 'LOOK_UP', arguments: { word: 'fox' } };
const DOG = { id: 'c2', name: 'LOOK_UP', arguments: { word: 'dog' } };
const sentCall = (id: string, args: string) => ({
  id,
  type: 'function',
  function: { name: 'LOOK_UP', arguments: args },
});
const FOX_SENT = sentCall('c1', '{"word":"fox"}');
const DOG_SENT = sentCall('c2', '{"word":"dog"}');

/** The deltas of two calls, interleaved as some providers send them. */
const delta = (index: number, more: object) => chatChunk({ tool_calls: [{ index, ...more }] });
const begins = (index: number, id: string) =>
  delta(index, { id, type: 'function', function: { name: 'LOOK_UP', arguments: '' } });
const goesOn = (index: number, args: string) => delta(index, { function: { arguments: args } });
const PARALLEL = [
  chatChunk({ role: 'assistant', content: null }),
  begins(0, 'c1'),
  begins(1, 'c2'),
  goesOn(0, '{"word"'),
  goesOn(1, '{"word"'),
  goesOn(0, ':"fox"}'),
  goesOn(1, ':"dog"}'),
  chatChunk({}, 'tool_calls'),
  '[DONE]',
];
const ONE = PARALLEL.filter((event) => !JSON.stringify(event).includes('"index":1'));

let stage: OneProvider;
let provider: StandIn;

beforeAll(async () => {
  stage = await startOneProvider();
  ({ provider } = stage);
});

afterEach(() => stage.reset());

afterAll(() => stage?.stop());

/** The registered handler of an agent whose only provider is LiteLLM, as core 2.x calls it. */
async function handler(url?: string) {
  const runtime = await stage.startAgent({ url });
  return async (params: object): Promise<unknown> => runtime.getModel('TEXT_SMALL')?.(runtime, params as never);
}

const ask = async (params: object) => (await (await handler())(params)) as NativeResult;
const stream = async (params: object) => (await (await handler())({ ...params, stream: true })) as NativeStreamResult;
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error) => error,
  );

async function piecesOf({ textStream }: NativeStreamResult): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of textStream) pieces.push(piece);
  return pieces;
}

describe('tools through LiteLLM', () => {
  it('are called in a plain answer', async () => {
    provider.fault = chatMessage({ content: null, tool_calls: [FOX_SENT] }, 'tool_calls');
    expect(await ask(withTools)).toMatchObject({
      text: '',
      toolCalls: [FOX],
      finishReason: 'tool-calls',
      usage: { promptTokens: 7, completionTokens: 3, totalTokens: 10 },
      providerMetadata: { modelName: 'upstream-ok', provider: 'elizanet-fallback' },
    });
    expect(stage.received()[0]?.tools).toEqual([SENT_TOOL, { type: 'function', function: CLOCK }]);
  });

  it('are called in a stream, also one of their arguments alone', async () => {
    provider.fault = chatEvents(ONE);
    const plain = await stream(withTools);
    expect(await piecesOf(plain)).toEqual([]);
    expect(await plain.toolCalls).toEqual([FOX]);
    expect(await plain.finishReason).toBe('tool-calls');
    const structured = await stream({ ...withTools, streamStructured: true });
    expect(await piecesOf(structured)).toEqual(['{"word"', ':"fox"}']);
    expect(await structured.toolCalls).toEqual([FOX]);
  });

  it('are called in parallel, plain and interleaved in a stream', async () => {
    provider.fault = chatMessage({ content: null, tool_calls: [FOX_SENT, DOG_SENT] }, 'tool_calls');
    expect((await ask(withTools)).toolCalls).toEqual([FOX, DOG]);
    provider.fault = chatEvents(PARALLEL);
    expect(await (await stream(withTools)).toolCalls).toEqual([FOX, DOG]);
  });

  it('are required, in a conversation with earlier calls', async () => {
    provider.fault = chatMessage({ content: null, tool_calls: [DOG_SENT] }, 'tool_calls');
    const history = [
      ...messages,
      { role: 'assistant', content: null, toolCalls: [FOX] },
      { role: 'tool', toolCallId: 'c1', content: 'It is red.' },
    ];
    const answer = await ask({ messages: history, tools: [LOOK_UP], toolChoice: 'required' });
    expect(answer.toolCalls).toEqual([DOG]);
    expect(stage.received()[0]).toMatchObject({
      tool_choice: 'required',
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: [FOX_SENT] },
        { role: 'tool', tool_call_id: 'c1', content: 'It is red.' },
      ],
    });
  });

  it('are not required of a model that refuses that', async () => {
    provider.fault = ({ body }) =>
      body.tool_choice === undefined
        ? chatMessage({ content: null, tool_calls: [FOX_SENT] }, 'tool_calls')
        : refusal("Unsupported value: 'tool_choice' does not support 'required' with this model.");
    expect((await ask({ ...withTools, toolChoice: 'required' })).toolCalls).toEqual([FOX]);
    expect(stage.received().map(({ tool_choice }) => tool_choice)).toEqual(['required', undefined]);
  });

  it.each([
    ['that says so', 'gemma:2b does not support tools'],
    ['that knows no such field', 'Unrecognized request argument supplied: tools'],
  ])('are told in words to a model %s, plain and streamed', async (_what, words) => {
    const text = JSON.stringify({ tool_calls: [{ name: FOX.name, arguments: FOX.arguments }] });
    provider.fault = ({ body }) => {
      if (body.tools) return refusal(words);
      return body.stream ? chatEvents([chatChunk({ content: text }), chatChunk({}, 'stop'), '[DONE]']) : chatText(text);
    };
    const call = await handler();
    const expected = [{ ...FOX, id: expect.any(String) }];
    expect(((await call(withTools)) as NativeResult).toolCalls).toEqual(expected);
    const streamed = (await call({ ...withTools, stream: true })) as NativeStreamResult;
    expect(await piecesOf(streamed)).toEqual([]);
    expect(await streamed.toolCalls).toEqual(expected);
    expect(stage.received().map((body) => 'tools' in body)).toEqual([true, false, false]);
  });

  it('are an error when their arguments are no JSON', async () => {
    provider.fault = chatMessage({ content: null, tool_calls: [sentCall('c1', '{"word":"f')] }, 'tool_calls');
    expect(await failureOf(ask(withTools))).toBeInstanceOf(InvalidResponseError);
  });
});

describe('structured output through LiteLLM', () => {
  it('is requested by its schema, and is JSON text', async () => {
    provider.fault = chatText('{"mood":"calm"}');
    const answer = await ask({ messages, responseSchema: SCHEMA });
    expect(JSON.parse(answer.text)).toEqual({ mood: 'calm' });
    expect(stage.received()[0]?.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'response', schema: SCHEMA, strict: true },
    });
  });

  it('is JSON text from a model that refuses the schema, too', async () => {
    provider.fault = ({ body }) =>
      (body.response_format as { type?: string } | undefined)?.type === 'json_schema'
        ? refusal("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")
        : chatText('```json\n{"mood":"calm"}\n```');
    expect((await ask({ messages, responseSchema: SCHEMA })).text).toBe('{"mood":"calm"}');
  });
});

describe('messages through LiteLLM', () => {
  it('can have an image', async () => {
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image', image: new Uint8Array(PNG), mediaType: 'image/png' },
    ];
    const answer = await ask({ messages: [{ role: 'user', content }] });
    expect(answer.text).not.toBe('');
    expect(stage.received()[0]?.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: PNG_URL } },
        ],
      },
    ]);
  });
});

describe('a provider that is lost inside tool arguments, behind LiteLLM', () => {
  let server: RawServer;
  let behind: LiteLLM;

  beforeAll(async () => {
    const lines = ONE.slice(0, 3).map((event) => String(chunk(`data: ${JSON.stringify(event)}\n\n`)));
    server = await startRawServer((socket) => {
      // On loopback a reset discards what the peer has not read yet.
      socket.write(chunkedHead() + lines.join(''), () => setTimeout(() => socket.destroy(), 100));
    });
    behind = await startLiteLLM({ upstreamUrl: server.url, masterKey: stage.litellm.key });
  });

  afterAll(async () => {
    await behind?.stop();
    await server?.close();
  });

  it.each([
    ['as text', {}],
    ['structured', { streamStructured: true }],
  ])('is never an answer, streamed %s', async (_how, params) => {
    const call = await handler(behind.url);
    const result = (await call({ ...withTools, ...params, stream: true })) as NativeStreamResult;
    expect(await failureOf(piecesOf(result))).toMatchObject({ kind: expect.stringMatching(/^(?:server|network)$/) });
    await failureOf(result.toolCalls);
    await failureOf(result.text);
  });
});
