import type { TextStreamResult } from '@elizaos/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, chatMessage, refusal } from '../../../lab/chat-replies.js';
import { joined } from '../../../lab/guarded.js';
import { createRuntime, type TestRuntime } from '../../../lab/runtime.js';
import { HEALTHY } from '../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import elizaNet, { ContentPolicyError, InvalidResponseError, OutputLimitError } from '../../../src/index';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const prompt = 'Where does the answer come from?';
const OBJECT = { mood: 'calm' };
const SCHEMA = {
  type: 'object',
  properties: { mood: { type: 'string', description: 'In one word.' } },
  required: ['mood'],
  additionalProperties: false,
};

let provider: StandIn;
let litellm: LiteLLM;
let agent: TestRuntime | undefined;

beforeAll(async () => {
  provider = await startMisbehavingProvider({ text: JSON.stringify(OBJECT), object: OBJECT });
  litellm = await startLiteLLM({ upstreamUrl: provider.url, masterKey: 'sk-master-of-the-tests' });
});

beforeEach(() => {
  provider.fault = HEALTHY;
  provider.requests.length = 0;
});

afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

afterAll(async () => {
  await litellm?.stop();
  await provider?.close();
});

/** An agent whose only provider is LiteLLM, with this model. */
async function startAgent(model = 'upstream-ok') {
  agent = await createRuntime({
    plugins: [elizaNet],
    settings: { ELIZANET_BASE_URL: litellm.url, ELIZANET_SMALL_MODEL: model },
    secrets: { ELIZANET_API_KEY: litellm.key },
  });
  return agent.runtime;
}

const received = () => provider.calls.map(({ body }) => body);

describe('an object through LiteLLM', () => {
  it('is requested with its schema unchanged, and strict', async () => {
    const runtime = await startAgent();
    expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    expect(received().map((body) => body.response_format)).toEqual([
      { type: 'json_schema', json_schema: { name: 'answer', schema: SCHEMA, strict: true } },
    ]);
  });

  it('is requested by the prompt alone where LiteLLM knows that the model has no response_format', async () => {
    const runtime = await startAgent('gpt-4');
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    }
    expect(received().map((body) => body.response_format)).toEqual([undefined, undefined]);
  });

  it("is requested in JSON mode where the model's provider rejects json_schema", async () => {
    provider.fault = ({ body }) =>
      (body.response_format as { type: string }).type === 'json_schema'
        ? refusal("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")
        : HEALTHY;
    const runtime = await startAgent();
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('OBJECT_SMALL', { prompt, schema: SCHEMA })).toEqual(OBJECT);
    }
    const types = received().map((body) => (body.response_format as { type: string }).type);
    expect(types).toEqual(['json_schema', 'json_object', 'json_object']);
  });
});

describe('a reasoning model through LiteLLM', () => {
  const SAMPLING = { maxTokens: 50, temperature: 0.2, topP: 0.9, presencePenalty: 0.1, stopSequences: ['END'] };

  it('is called without the params that LiteLLM rejects', async () => {
    const runtime = await startAgent('gpt-5');
    for (let call = 0; call < 2; call++) {
      expect(await runtime.useModel('TEXT_SMALL', { prompt, ...SAMPLING })).toBe(JSON.stringify(OBJECT));
    }
    expect(received()).toEqual(
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
    const runtime = await startAgent();
    const stream = async () =>
      (await runtime.useModel('TEXT_SMALL', { prompt, ...SAMPLING, stream: true })) as unknown as TextStreamResult;
    const { textStream, usage } = await stream();
    expect(await joined(textStream)).toBe(JSON.stringify(OBJECT));
    expect(await usage).toMatchObject({ totalTokens: expect.any(Number) });
    expect(received().at(-1)).toMatchObject({ max_completion_tokens: 50, top_p: 0.9, stop: ['END'] });
    const asked = received().length;
    await joined((await stream()).textStream);
    expect(received()).toHaveLength(asked + 1);
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
    const runtime = await startAgent();
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
    const runtime = await startAgent();
    const error = await runtime.useModel('TEXT_SMALL', { prompt }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(type);
  });
});
