import type { TextStreamResult } from '@elizaos/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, chatMessage, refusal } from '../../../lab/chat-replies.js';
import { joined } from '../../../lab/guarded.js';
import { HEALTHY } from '../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { ContentPolicyError, InvalidResponseError, OutputLimitError } from '../../../src/index';
import { type OneProvider, startOneProvider } from './one-provider.js';

const prompt = 'Where does the answer come from?';
const OBJECT = { mood: 'calm' };
const SCHEMA = {
  type: 'object',
  properties: { mood: { type: 'string', description: 'In one word.' } },
  required: ['mood'],
  additionalProperties: false,
};

let stage: OneProvider;
let provider: StandIn;

beforeAll(async () => {
  stage = await startOneProvider({ text: JSON.stringify(OBJECT), object: OBJECT });
  ({ provider } = stage);
});

afterEach(() => stage.reset());

afterAll(() => stage?.stop());

describe('an object through LiteLLM', () => {
  it('is requested with its schema unchanged, and strict', async () => {
    const runtime = await stage.startAgent();
    expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    expect(stage.received().map((body) => body.response_format)).toEqual([
      { type: 'json_schema', json_schema: { name: 'answer', schema: SCHEMA, strict: true } },
    ]);
  });

  it('is requested by the prompt alone where LiteLLM knows that the model has no response_format', async () => {
    const runtime = await stage.startAgent({ model: 'gpt-4' });
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    }
    expect(stage.received().map((body) => body.response_format)).toEqual([undefined, undefined]);
  });

  it("is requested in JSON mode where the model's provider rejects json_schema", async () => {
    provider.fault = ({ body }) =>
      (body.response_format as { type: string }).type === 'json_schema'
        ? refusal("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")
        : HEALTHY;
    const runtime = await stage.startAgent();
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    }
    const types = stage.received().map((body) => (body.response_format as { type: string }).type);
    expect(types).toEqual(['json_schema', 'json_object', 'json_object']);
  });
});

describe('a reasoning model through LiteLLM', () => {
  const SAMPLING = { maxTokens: 50, temperature: 0.2, topP: 0.9, presencePenalty: 0.1, stopSequences: ['END'] };

  it('is called without the params that LiteLLM rejects', async () => {
    const runtime = await stage.startAgent({ model: 'gpt-5' });
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('TEXT_SMALL', { prompt, ...SAMPLING })).toBe(JSON.stringify(OBJECT));
    }
    expect(stage.received()).toEqual(
      Array(2).fill({
        model: 'gpt-5',
        messages: [{ role: 'user', content: prompt }],
        max_completion_tokens: 50,
        user: 'Test',
      }),
    );
  });

  it('is called without the params that its provider rejects, streamed too', async () => {
    provider.fault = ({ body }) => {
      if (body.max_tokens !== undefined) {
        return refusal(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        );
      }
      return body.temperature === undefined
        ? HEALTHY
        : refusal(
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
          );
    };
    const runtime = await stage.startAgent();
    const stream = async () =>
      (await runtime.useModel('TEXT_SMALL', { prompt, ...SAMPLING, stream: true })) as unknown as TextStreamResult;
    const { textStream, usage } = await stream();
    expect(await joined(textStream)).toBe(JSON.stringify(OBJECT));
    expect(await usage).toMatchObject({ totalTokens: expect.any(Number) });
    expect(stage.received().at(-1)).toMatchObject({ max_completion_tokens: 50, top_p: 0.9, stop: ['END'] });
    const asked = stage.received().length;
    await joined((await stream()).textStream);
    expect(stage.received()).toHaveLength(asked + 1);
  });
});

describe('an answer through LiteLLM', () => {
  it('is text without its reasoning, plain and streamed', async () => {
    provider.fault = ({ body }) =>
      body.stream
        ? chatEvents([
            chatChunk({ role: 'assistant', reasoning_content: 'Hm.' }),
            chatChunk({ content: 'The answer.' }),
            chatChunk({}, 'stop'),
            '[DONE]',
          ])
        : chatMessage({ content: 'The answer.', reasoning_content: 'Hm.' });
    const runtime = await stage.startAgent();
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe('The answer.');
    const chunks: string[] = [];
    const onStreamChunk = (chunk: string) => void chunks.push(chunk);
    expect(await runtime.useModel('TEXT_SMALL', { prompt, onStreamChunk })).toBe('The answer.');
    expect(chunks.join('')).toBe('The answer.');
  });

  it.each([
    ['a filter removed it', chatMessage({ content: null }, 'content_filter'), ContentPolicyError],
    ['the model refused', chatMessage({ content: null, refusal: 'No.' }), ContentPolicyError],
    [
      'there are only tool calls',
      chatMessage(
        { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        'tool_calls',
      ),
      InvalidResponseError,
    ],
    [
      'reasoning reached the token limit',
      chatMessage({ content: '', reasoning_content: 'Hm.' }, 'length'),
      OutputLimitError,
    ],
  ])('without text is an error: %s', async (_, fault, type) => {
    provider.fault = fault;
    const runtime = await stage.startAgent();
    const error = await runtime.useModel('TEXT_SMALL', { prompt }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(type);
  });
});
