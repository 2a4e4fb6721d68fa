import { describe, expect, it } from 'vitest';
import { chatMessage, chatText, body as jsonBody } from '../../../../lab/chat-replies.js';
import type { GuardedOptions } from '../../../../lab/guarded.js';
import { logLines } from '../../../../lab/log-lines.js';
import type { Fault } from '../../../../lab/stand-in/fault.js';
import {
  ContentPolicyError,
  InvalidResponseError,
  NoOutputError,
  OutputIncompleteError,
  OutputLimitError,
} from '../../../../src/index.js';
import { CLOCK, failureOf, LOOK_UP, type Params, rejectCutAnswers, startAgent, user, wireCall } from './agent.js';

const messages = [user('hi')];
const tools = [LOOK_UP, CLOCK];
const withTools = { messages, tools };
const USAGE = { promptTokens: 7, completionTokens: 3, totalTokens: 10 };
const METADATA = { modelName: 'gpt-4o', provider: 'elizanet-fallback' };
const calling = (calls: unknown[], content: string | null = null, finish: unknown = 'tool_calls') =>
  chatMessage({ content, tool_calls: calls }, finish);
const LOOKED_UP = { id: 'c1', name: 'LOOK_UP', arguments: { word: 'fox' } };
const SENT = wireCall('c1', 'LOOK_UP', '{"word":"fox"}');

describe('the answer of a call', () => {
  it.each([
    ['a prompt', { prompt: 'P' }],
    ['a prompt with attachments', { prompt: 'P', attachments: [{ mediaType: 'image/png', data: 'AQID' }] }],
    ['a prompt with a system message', { prompt: 'P', system: 'S' }],
    ['falsy native params', { prompt: 'P', messages: undefined, tools: null, toolChoice: '', responseSchema: 0 }],
  ])('[row 50] is a string for %s', async (_what, params) => {
    const agent = await startAgent(chatText('The answer.'));
    expect(await agent.call(params)).toBe('The answer.');
  });

  it.each([
    ['messages', { messages }],
    ['an empty list of messages', { prompt: 'P', messages: [] }],
    ['tools', { prompt: 'P', tools }],
    ['an empty list of tools', { prompt: 'P', tools: [] }],
    ['a choice of tool', { prompt: 'P', toolChoice: 'auto' }],
    ['a response schema', { prompt: 'P', responseSchema: { type: 'object' } }],
  ])('[row 51] is an object with five keys for %s', async (_what, params: Params) => {
    const agent = await startAgent(chatText('{"an":"answer"}', 'stop'));
    const answer = await agent.ask(params);
    expect(answer).toEqual({
      text: '{"an":"answer"}',
      toolCalls: [],
      finishReason: 'stop',
      usage: USAGE,
      providerMetadata: METADATA,
    });
    expect(Object.getPrototypeOf(answer)).toBe(Object.prototype);
  });
});

describe('the tool calls of an answer', () => {
  it('[row 52] come with empty text when there is none', async () => {
    const agent = await startAgent(calling([SENT]));
    expect(await agent.ask(withTools)).toEqual({
      text: '',
      toolCalls: [LOOKED_UP],
      finishReason: 'tool-calls',
      usage: USAGE,
      providerMetadata: METADATA,
    });
  });

  it('[row 53] come beside text, in their order', async () => {
    const agent = await startAgent(calling([SENT, wireCall('c2', 'CLOCK', '{}')], 'Wait.', 'stop'));
    expect(await agent.ask(withTools)).toMatchObject({
      text: 'Wait.',
      toolCalls: [LOOKED_UP, { id: 'c2', name: 'CLOCK', arguments: {} }],
      finishReason: 'tool-calls',
    });
  });

  it('are put together with the text of another choice', async () => {
    const agent = await startAgent(
      jsonBody(
        JSON.stringify({
          choices: [
            { message: { content: null, tool_calls: [SENT] }, finish_reason: 'tool_calls' },
            { message: { content: 'Wait.' }, finish_reason: 'stop' },
          ],
        }),
      ),
    );
    expect(await agent.ask(withTools)).toMatchObject({ text: 'Wait.', toolCalls: [LOOKED_UP] });
  });

  it.each([
    ['an empty text', '', {}],
    ['blanks', ' \n', {}],
    ['missing', undefined, {}],
    ['null', null, {}],
    ['null as text', 'null', {}],
    ['an object', { word: 'fox' }, { word: 'fox' }],
    ['JSON written twice', '"{\\"word\\":\\"fox\\"}"', { word: 'fox' }],
    ['keys that could change every object', '{"__proto__":{"a":1},"word":"fox"}', { word: 'fox' }],
  ])('[row 54] have arguments that are an object, sent as %s', async (_what, args, expected) => {
    const agent = await startAgent(calling([wireCall('c1', 'CLOCK', args)]));
    const { toolCalls } = await agent.ask(withTools);
    expect(toolCalls).toEqual([{ id: 'c1', name: 'CLOCK', arguments: expected }]);
    expect(Object.keys(toolCalls[0]?.arguments ?? {})).not.toContain('__proto__');
  });

  it.each([
    ['cut off', '{"word":"fo'],
    ['prose', 'the fox'],
    ['a list', '["fox"]'],
    ['a number', '1'],
    ['too deeply nested', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`],
  ])('[row 55] are an error when the arguments are %s, which fails over', async (_what, args) => {
    const agent = await startAgent(calling([SENT, wireCall('c2', 'CLOCK', args)], 'Wait.'));
    const error = await failureOf(agent.ask(withTools));
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error).toMatchObject({ kind: 'server', model: 'gpt-4o' });
    expect(error.message).not.toContain('fo');
  });

  it('[row 56] have ids of their own where the model sent none, or one twice', async () => {
    const agent = await startAgent(
      calling([
        wireCall('', 'CLOCK', ''),
        wireCall('c1', 'CLOCK', ''),
        wireCall('c1', 'CLOCK', ''),
        { function: { name: 'CLOCK' } },
      ]),
    );
    const { toolCalls } = await agent.ask(withTools);
    const ids = toolCalls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(ids[1]).toBe('c1');
    for (const id of ids) expect(id.trim()).not.toBe('');
  });

  it.each([
    ['of a tool without a name', wireCall('c1', '', '{}')],
    ['of a tool that was not offered', wireCall('c1', 'SECRET_TOOL', '{}')],
    ['that is no object', null],
  ])('[row 57] are an error when there is only one %s', async (_what, call) => {
    const agent = await startAgent(calling([call]));
    const error = await failureOf(agent.ask(withTools));
    expect(['INVALID_RESPONSE', 'NO_OUTPUT']).toContain(error.code);
    expect(error.message).not.toContain('SECRET');
  });

  it('[row 57] leave out one of a tool that was not offered beside another', async () => {
    const agent = await startAgent(calling([wireCall('c0', 'SECRET_TOOL', '{'), SENT]));
    expect((await agent.ask(withTools)).toolCalls).toEqual([LOOKED_UP]);
  });

  it('[row 58] can be the one of the older form', async () => {
    const agent = await startAgent(
      chatMessage({ content: null, function_call: { name: 'LOOK_UP', arguments: '{"word":"fox"}' } }, 'function_call'),
    );
    const { toolCalls, finishReason } = await agent.ask(withTools);
    expect(toolCalls).toEqual([{ ...LOOKED_UP, id: expect.stringMatching(/^call_\w+$/) }]);
    expect(finishReason).toBe('tool-calls');
  });

  it('have the names that the caller gave the tools', async () => {
    const agent = await startAgent(calling([wireCall('c1', 'look_up', '{}')]));
    expect((await agent.ask({ messages, tools: [{ name: 'look.up' }] })).toolCalls).toMatchObject([
      { name: 'look.up' },
    ]);
  });

  it('are not taken when none were offered: the text is the answer', async () => {
    const agent = await startAgent(calling([SENT], 'The answer.'));
    expect(await agent.ask({ messages })).toMatchObject({ text: 'The answer.', toolCalls: [], finishReason: 'stop' });
  });
});

describe('an answer that is none', () => {
  it.each([
    ['in its field', { refusal: 'I will not tell the secret.' }],
    ['where LiteLLM moves it', { provider_specific_fields: { refusal: 'I will not tell the secret.' } }],
  ])('[row 59] is a content policy error when the model refuses, %s', async (_where, fields) => {
    const agent = await startAgent(chatMessage({ content: null, ...fields }));
    const error = await failureOf(agent.ask(withTools));
    expect(error).toBeInstanceOf(ContentPolicyError);
    expect(error.message).not.toContain('secret');
  });

  it.each<[string, Fault, unknown]>([
    ['no text and a finish by calls', chatMessage({ content: null }, 'tool_calls'), NoOutputError],
    ['no text and no finish', chatMessage({ content: '' }, null), NoOutputError],
    ['blanks and an unknown finish', chatMessage({ content: ' \n' }, 'whatever'), NoOutputError],
    ['no text, filtered', chatMessage({ content: null }, 'content_filter'), ContentPolicyError],
    ['no text, at the token limit', chatMessage({ content: '' }, 'length'), OutputLimitError],
    ['a broken finish', chatMessage({ content: 'Half an' }, 'error'), InvalidResponseError],
  ])('[row 64] is an error that says why: %s', async (_what, fault, type) => {
    const agent = await startAgent(fault);
    expect(await failureOf(agent.ask(withTools))).toBeInstanceOf(type);
  });

  it('[row 64] is one all the same when the model stopped by itself: it had nothing to say', async () => {
    const agent = await startAgent(chatMessage({ content: '' }, 'stop'));
    expect(await agent.ask(withTools)).toMatchObject({ text: '', toolCalls: [], finishReason: 'stop' });
  });

  it('is an error when there are calls though no tools were offered', async () => {
    const agent = await startAgent(calling([SENT]));
    expect(await failureOf(agent.ask({ messages, toolChoice: 'required' }))).toBeInstanceOf(InvalidResponseError);
  });
});

const COUNTED = {
  prompt_tokens: 7,
  completion_tokens: 3,
  total_tokens: 10,
  prompt_tokens_details: { cached_tokens: 5, audio_tokens: null },
  completion_tokens_details: { reasoning_tokens: 2 },
};

describe('the usage of an answer', () => {
  it.each<[string, unknown, unknown]>([
    ['cached and reasoning tokens', COUNTED, { ...USAGE, cacheReadInputTokens: 5, reasoningTokens: 2 }],
    [
      "Anthropic's counts through LiteLLM",
      { ...COUNTED, completion_tokens_details: null, cache_creation_input_tokens: 4 },
      { ...USAGE, cacheReadInputTokens: 5, cacheCreationInputTokens: 4 },
    ],
    ['the three alone', { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }, USAGE],
    [
      'details that make no sense',
      { ...COUNTED, prompt_tokens_details: 'many', completion_tokens_details: { reasoning_tokens: 'x' } },
      USAGE,
    ],
    ['none', null, undefined],
    ['nothing that makes sense', { prompt_tokens: 'many' }, undefined],
  ])('[row 60] holds what the upstream counts: %s', async (_what, usage, expected) => {
    const agent = await startAgent(chatMessage({ content: 'The answer.' }, 'stop', usage));
    const answer = await agent.ask({ messages });
    expect(answer.usage).toEqual(expected);
    expect('usage' in answer).toBe(expected !== undefined);
  });

  it('[row 109] is told to core with the model, once, and without the prompt', async () => {
    const agent = await startAgent(chatMessage({ content: 'The answer.' }, 'stop', COUNTED));
    await agent.ask({ messages: [user('a secret prompt')] });
    expect(agent.guarded.events).toEqual([
      {
        name: 'MODEL_USED',
        payload: expect.objectContaining({
          source: 'elizanet-fallback',
          provider: 'elizanet-fallback',
          type: 'TEXT_LARGE',
          model: 'gpt-4o',
          modelName: 'gpt-4o',
          modelLabel: 'TEXT_LARGE',
          tokens: { prompt: 7, completion: 3, total: 10, cacheReadInputTokens: 5, reasoningTokens: 2 },
        }),
      },
    ]);
    expect(JSON.stringify(agent.guarded.events[0]?.payload.prompt)).not.toContain('secret');
  });
});

describe('how an answer ended', () => {
  it.each([
    ['stop', 'stop'],
    ['tool_calls', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    [null, 'other'],
    ['whatever', 'other'],
  ])('is reported for text: %s as %s', async (reason, expected) => {
    const agent = await startAgent(chatMessage({ content: 'The answer.' }, reason));
    expect((await agent.ask(withTools)).finishReason).toBe(expected);
  });

  it.each([
    ['tool_calls', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['stop', 'tool-calls'],
    [null, 'tool-calls'],
    ['length', 'length'],
  ])('is reported for tool calls: %s as %s', async (reason, expected) => {
    const agent = await startAgent(calling([SENT], null, reason));
    expect((await agent.ask(withTools)).finishReason).toBe(expected);
  });

  const CUT: [row: string, what: string, fault: Fault, params: Params][] = [
    ['61', 'text', chatText('Half an', 'length'), { prompt: 'P' }],
    ['62', 'a native answer', chatText('Half an', 'length'), { messages }],
    ['62', 'a native answer with calls', calling([SENT], null, 'length'), withTools],
  ];

  it.each(CUT)(
    '[row %s] is an error at the token limit, on a core that takes it for one: %s',
    async (_row, _what, fault, params) => {
      const agent = await startAgent(fault);
      rejectCutAnswers(agent);
      const error = await failureOf(agent.call(params));
      expect(error).toBeInstanceOf(OutputIncompleteError);
      expect(error).toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE', kind: 'request', model: 'gpt-4o' });
    },
  );

  it.each(CUT)('[row %s] is a warning at the token limit on other cores: %s', async (_row, _what, fault, params) => {
    const agent = await startAgent(fault);
    const lines = logLines(agent.guarded.runtime);
    await agent.call(params);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('token limit') },
    ]);
  });

  it('[row 61] is the same error when the limit left no text', async () => {
    const agent = await startAgent(chatMessage({ content: null }, 'length'));
    rejectCutAnswers(agent);
    for (const params of [{ prompt: 'P' }, { messages }]) {
      expect(await failureOf(agent.call(params))).toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE' });
    }
  });

  it('[row 62] is an error on every core when the limit cut off the arguments of a call', async () => {
    const agent = await startAgent(calling([wireCall('c1', 'LOOK_UP', '{"word":"f')], 'Wait.', 'length'));
    expect(await failureOf(agent.ask(withTools))).toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE' });
  });

  it('[row 63] is a content policy error for a filtered part, on a core that takes it for one', async () => {
    const agent = await startAgent(chatText('Half an', 'content_filter'));
    rejectCutAnswers(agent);
    for (const params of [{ prompt: 'P' }, { messages }]) {
      expect(await failureOf(agent.call(params))).toBeInstanceOf(ContentPolicyError);
    }
  });
});

describe('the metadata of an answer', () => {
  it('[row 65] names the model that was asked for and the provider, no key and no address', async () => {
    const agent = await startAgent(chatText('The answer.'), { secrets: { ELIZANET_API_KEY: 'sk-a-secret-key' } });
    const answer = await agent.ask({ messages });
    expect(answer.providerMetadata).toEqual(METADATA);
    expect(JSON.stringify(answer)).not.toMatch(/sk-|127\.0\.0\.1|http/);
  });
});

describe('a cached answer', () => {
  const CACHED: GuardedOptions = { settings: { ELIZANET_CACHE_TTL: 60_000 } };
  const asked = { messages, temperature: 0, tools, toolChoice: 'auto', responseSchema: { type: 'object' } };

  it('[row 68] is not shared with a caller that changes it', async () => {
    const agent = await startAgent(calling([SENT]), CACHED);
    const first = await agent.ask(asked);
    if (first.toolCalls[0]) first.toolCalls[0].arguments = { word: 'changed' };
    first.toolCalls.push({ id: 'c9', name: 'CLOCK', arguments: {} });
    const [second, third] = await Promise.all([agent.ask(asked), agent.ask(asked)]);
    expect(second.toolCalls).toEqual([LOOKED_UP]);
    expect(third.toolCalls).toEqual([LOOKED_UP]);
    expect(second).not.toBe(third);
    expect(agent.sent).toHaveLength(1);
  });

  it.each([
    ['messages', { messages: [user('bye')] }],
    ['tools', { tools: [LOOK_UP] }],
    ['a choice', { toolChoice: 'required' }],
    ['a schema', { responseSchema: { type: 'object', title: 'Other' } }],
    ['a system message', { system: 'S' }],
  ])('[row 68] is not that of a call with other %s', async (_what, params) => {
    const agent = await startAgent(calling([SENT]), CACHED);
    await agent.ask(asked);
    await agent.ask({ ...asked, ...params });
    expect(agent.sent).toHaveLength(2);
  });

  it('is an object for a native call and a string for a prompt, though the request is the same', async () => {
    const agent = await startAgent(chatText('The answer.'), CACHED);
    expect(await agent.call({ prompt: 'P', temperature: 0 })).toBe('The answer.');
    expect(await agent.ask({ prompt: 'P', temperature: 0, messages: [] })).toMatchObject({ text: 'The answer.' });
    expect(await agent.call({ prompt: 'P', temperature: 0 })).toBe('The answer.');
    expect(agent.sent).toHaveLength(2);
  });

  it.each([
    ['a string', 'The answer.'],
    ['text that is none', { text: 1, toolCalls: [], finishReason: 'stop', providerMetadata: {} }],
    [
      'calls without arguments',
      { text: '', toolCalls: [{ id: 'c1', name: 'CLOCK' }], finishReason: 'stop', providerMetadata: {} },
    ],
  ])('is asked for again when the database holds %s', async (_what, damaged) => {
    const agent = await startAgent(chatText('The answer.'), {
      settings: { ...CACHED.settings, ELIZANET_CACHE_PERSIST: true },
    });
    const { runtime } = agent.guarded;
    const written: unknown[] = [];
    runtime.getCache = (async () => ({ value: damaged, expiresAt: Date.now() + 30_000 })) as never;
    runtime.setCache = (async (_key: string, entry: unknown) => written.push(entry)) as never;
    runtime.deleteCache = (async () => true) as never;
    expect(await agent.ask({ messages, temperature: 0 })).toMatchObject({
      text: 'The answer.',
      providerMetadata: METADATA,
    });
    expect(agent.sent).toHaveLength(1);
    expect(written).toHaveLength(1);
  });
});
