import { afterEach, describe, expect, it } from 'vitest';
import { body, chatMessage, chatText } from '../../../lab/chat-replies.js';
import { createGuarded, type Guarded, type GuardedOptions } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { ContentPolicyError, InvalidResponseError, OutputLimitError } from '../../../src/index.js';

let guarded: Guarded;

afterEach(() => guarded.stop());

/** An agent whose only provider is ElizaNet, which answers like this. */
async function start(fault: Fault = { kind: 'none' }, options: GuardedOptions = {}) {
  guarded = await createGuarded({ plugins: [], ...options });
  guarded.elizaNet.fault = fault;
  return guarded.runtime;
}

const ask = (params: Record<string, unknown> = {}) =>
  guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...params });
const failure = () =>
  ask().then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error) => error,
  );
const sent = () => guarded.elizaNet.calls.at(-1)?.body ?? {};

describe('the request', () => {
  it("has the fields that OpenAI's API knows, under its names, and no others", async () => {
    await start();
    await ask({
      maxTokens: 100,
      minTokens: 5,
      temperature: 0,
      topP: 0.9,
      topK: 40,
      minP: 0.1,
      seed: 7,
      repetitionPenalty: 1.1,
      frequencyPenalty: 0.2,
      presencePenalty: 0.3,
      stopSequences: ['END', ''],
      user: 'someone',
      responseFormat: { type: 'text' },
      promptSegments: [{ content: 'hi', stable: true }],
      mock_response: 'injected',
    });
    expect(sent()).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 100,
      temperature: 0,
      top_p: 0.9,
      seed: 7,
      frequency_penalty: 0.2,
      presence_penalty: 0.3,
      stop: ['END'],
      user: 'someone',
    });
  });

  it('has nothing that was not given, but the name core gives the user', async () => {
    await start();
    await ask();
    expect(sent()).toEqual({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], user: 'Test' });
  });

  it.each([
    ['no user', { user: '' }],
    ['no user', { user: null }],
    ['no numbers that are none', { maxTokens: Number.NaN, temperature: '0.5', topP: Number.POSITIVE_INFINITY }],
    ['no stop sequences that are none', { stopSequences: 'END' }],
    ['no format that OpenAI does not know', { responseFormat: 'yaml' }],
  ])('has %s for %o', async (_, params) => {
    await start();
    await ask({ user: '', ...params });
    expect(Object.keys(sent()).sort()).toEqual(['messages', 'model']);
  });

  it("has the character's system prompt", async () => {
    await start(undefined, { system: 'You are a pirate.' });
    await ask();
    expect(sent().messages).toEqual([
      { role: 'system', content: 'You are a pirate.' },
      { role: 'user', content: 'hi' },
    ]);
  });

  it.each(['json_object', { type: 'json_object' }])(
    'speaks of JSON in JSON mode (%o), or OpenAI refuses it',
    async (format) => {
      await start();
      await ask({ responseFormat: format });
      expect(sent().response_format).toEqual({ type: 'json_object' });
      expect(JSON.stringify(sent().messages)).toContain('JSON');
      await ask({ responseFormat: format, prompt: 'Some json, please.' });
      expect(sent().messages).toEqual([{ role: 'user', content: 'Some json, please.' }]);
    },
  );

  it('passes a schema on that the caller gives as a response format', async () => {
    await start();
    const json_schema = { name: 'mood', schema: { type: 'object' }, strict: true };
    await ask({ responseFormat: { type: 'json_schema', json_schema, mock_response: 'injected' } });
    expect(sent().response_format).toEqual({ type: 'json_schema', json_schema });
  });

  it('has the images among the attachments of core 2.x, and a warning for the others', async () => {
    const runtime = await start(undefined, { options: { lookup: async () => ['93.184.216.34'] } });
    const lines = logLines(runtime);
    await ask({
      attachments: [
        { mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) },
        { mediaType: 'image/jpeg', data: 'AQID' },
        { mediaType: 'image/webp', data: new URL('https://images.invalid/a.webp') },
        { mediaType: 'image/png', data: new URL('file:///etc/passwd') },
        { mediaType: 'image/png', data: 'not base64!' },
        { mediaType: 'application/pdf', data: 'AQID' },
        null,
      ],
    });
    expect(sent().messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
          { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AQID' } },
          { type: 'image_url', image_url: { url: 'https://images.invalid/a.webp' } },
        ],
      },
    ]);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { count: 4 } }]);
  });
});

describe('an answer with text', () => {
  it.each([
    ['with reasoning beside it', chatMessage({ content: 'The answer.', reasoning_content: 'Hm.', reasoning: 'Hm.' })],
    [
      'in parts, one of them a thought',
      chatMessage({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'The ' },
          { type: 'text', text: 'answer.' },
          null,
        ],
      }),
    ],
    [
      'with tool calls beside it',
      chatMessage({ content: 'The answer.', tool_calls: [{ id: 'call_1' }] }, 'tool_calls'),
    ],
    ['with a refusal that is null', chatMessage({ content: 'The answer.', refusal: null, tool_calls: null })],
    ['with counts that are none', chatMessage({ content: 'The answer.' }, 'stop', { prompt_tokens: 'many' })],
    ['with a finish reason that is none', chatMessage({ content: 'The answer.' }, 42)],
    [
      'in the second choice',
      body('{"choices":[{"message":{"tool_calls":[{}]}},{"message":{"content":"The answer."}}]}'),
    ],
  ])('is its text alone: %s', async (_, fault) => {
    await start(fault);
    expect(await ask()).toBe('The answer.');
  });

  it('is not searched for tags: what stands in the content is the answer', async () => {
    await start(chatText('Write <think>…</think> around it.'));
    expect(await ask()).toBe('Write <think>…</think> around it.');
  });

  it.each([
    ['length', 'was cut at the token limit'],
    ['content_filter', 'was cut by a content filter'],
  ])('is returned with one warning, and no content, when %s ended it', async (reason, words) => {
    const runtime = await start(chatText('A secret begin', reason));
    const lines = logLines(runtime);
    expect(await ask()).toBe('A secret begin');
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain(words);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('tells core what it cost', async () => {
    await start();
    await ask({ prompt: 'a secret prompt' });
    expect(guarded.events).toMatchObject([
      { name: 'MODEL_USED', payload: { type: 'TEXT_LARGE', tokens: { prompt: 7, completion: 3, total: 10 } } },
    ]);
    expect(JSON.stringify(guarded.events[0]?.payload.prompt)).not.toContain('secret');
  });
});

describe('an answer without text', () => {
  it.each([
    ['a filter took it', chatMessage({ content: null }, 'content_filter')],
    ['the model refuses, in the field for it', chatMessage({ content: null, refusal: 'I will not tell the secret.' })],
    [
      'the model refuses, in the field LiteLLM moves it to',
      chatMessage({ content: null, provider_specific_fields: { refusal: 'I will not tell the secret.' } }),
    ],
  ])('is a content policy error when %s', async (_, fault) => {
    await start(fault);
    const error = await failure();
    expect(error).toBeInstanceOf(ContentPolicyError);
    expect(error).toMatchObject({ code: 'CONTENT_POLICY', kind: 'content_policy', model: 'gpt-4o' });
    expect(error.message).not.toContain('secret');
  });

  it.each([
    ['tool calls', chatMessage({ content: null, tool_calls: [{ function: { name: 'secret' } }] })],
    [
      'a function call of the old kind',
      chatMessage({ content: null, function_call: { name: 'secret' } }, 'function_call'),
    ],
  ])('says so when there is only %s, of a tool that was not offered', async (_, fault) => {
    await start(fault);
    const error = await failure();
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error.message).toContain('tool calls');
    expect(error.message).not.toContain('secret');
  });

  it('says which limit to raise when reasoning used all of it up', async () => {
    await start(chatMessage({ content: '', reasoning_content: 'Let me think' }, 'length'));
    const error = await failure();
    expect(error).toBeInstanceOf(OutputLimitError);
    expect(error.message).toContain('maxTokens');
  });

  it.each([
    ['the text is empty', chatText('')],
    ['the text is null', chatMessage({ content: null })],
    ['the text is a number', chatMessage({ content: 42 })],
    ['choices is empty', body('{"choices":[]}')],
    ['choices is absent, as LiteLLM leaves it', body('{"id":"chatcmpl-1","object":"chat.completion"}')],
    ['the message is absent', body('{"choices":[{"finish_reason":"stop"}]}')],
    ['the body is a list', body('[]')],
    ['the body is cut', body('{"choices":[{"message":{"content":"The ans')],
  ])('is an invalid response when %s', async (_, fault) => {
    await start(fault);
    expect(await failure()).toBeInstanceOf(InvalidResponseError);
  });

  it('leaves ElizaNet in use when its model refused: the endpoint works', async () => {
    await start(chatMessage({ content: null }, 'content_filter'), { settings: { ELIZANET_FAILURE_THRESHOLD: 1 } });
    await failure();
    guarded.elizaNet.fault = { kind: 'none' };
    expect(await ask()).toBe('ElizaNet answers this one.');
  });
});
