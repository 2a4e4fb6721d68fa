import { describe, expect, it } from 'vitest';
import { chatChunk, chatEvents, chatMessage, chatText, refusal } from '../../../../lab/chat-replies.js';
import { logLines } from '../../../../lab/log-lines.js';
import type { Fault } from '../../../../lab/stand-in/fault.js';
import type { RecordedRequest } from '../../../../lab/stand-in/server.js';
import { InvalidResponseError, UpstreamStatusError } from '../../../../src/index.js';
import { CLOCK, failureOf, LOOK_UP, type Params, startAgent, system, user, wireCall } from './agent.js';

const messages = [user('Which animal?')];
const tools = [LOOK_UP, CLOCK];
const CALLED = { name: 'LOOK_UP', arguments: { word: 'fox' } };
const IN_WORDS = JSON.stringify({ tool_calls: [CALLED] });
const SENT = wireCall('c1', 'LOOK_UP', '{"word":"fox"}');
const CALLS = chatMessage({ content: null, tool_calls: [SENT] }, 'tool_calls');

/** A model that has these words for requests with a feature, and an answer to those without. */
const refusing =
  (words: string, isRefused: (body: Params) => boolean, answer: Fault | ((body: Params) => Fault), status = 400) =>
  ({ body }: RecordedRequest): Fault => {
    if (isRefused(body)) return refusal(words, status);
    return typeof answer === 'function' ? answer(body) : answer;
  };
const hasTools = (body: Params) => body.tools !== undefined;

const LITELLM = (...names: string[]) =>
  `litellm.UnsupportedParamsError: openai does not support parameters: [${names.map((name) => `'${name}'`).join(', ')}], for model=gpt-4o. To drop these, set \`litellm.drop_params=True\`.`;

/** Ways to say that a model has no tools. */
const NO_TOOLS: [who: string, words: string, status: number][] = [
  ['Ollama', 'litellm.APIConnectionError: registry.ollama.ai/library/gemma:2b does not support tools', 400],
  ['LiteLLM', LITELLM('tools', 'tool_choice'), 400],
  ['LiteLLM, for the one field', LITELLM('tools'), 400],
  ['vLLM', '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', 400],
  ['a provider', 'Tool calling is not supported with this model.', 400],
  ['another provider', "This model doesn't support function calling.", 422],
  ['a strict server', 'Unrecognized request argument supplied: tools', 400],
  ['OpenRouter', 'No endpoints found that support tool use. To learn more, read the docs.', 404],
  [
    'LiteLLM, for a text completion',
    "litellm.InternalServerError: AsyncCompletions.create() got an unexpected keyword argument 'tools'",
    500,
  ],
];

describe('a model without tools', () => {
  it.each(NO_TOOLS)(
    '[row 66] is told of them in words, and its text is read as calls: %s',
    async (_who, words, status) => {
      const agent = await startAgent(refusing(words, hasTools, chatText(IN_WORDS), status));
      const answer = await agent.ask({ messages, tools, toolChoice: 'required' });
      expect(answer).toMatchObject({
        text: '',
        toolCalls: [{ ...CALLED, id: expect.stringMatching(/^call_/) }],
        finishReason: 'tool-calls',
      });
      expect(agent.sent).toHaveLength(2);
      expect(agent.last).not.toHaveProperty('tool_choice');
      const [told, ...rest] = agent.messages;
      expect(told?.role).toBe('system');
      expect(told?.content).toContain('"LOOK_UP"');
      expect(told?.content).toContain(JSON.stringify(LOOK_UP.parameters));
      expect(rest).toEqual(messages);
    },
  );

  it('[row 66] is asked so at once from then on, with one line in the log', async () => {
    const agent = await startAgent(refusing('gemma does not support tools', hasTools, chatText(IN_WORDS)));
    const lines = logLines(agent.guarded.runtime);
    for (let call = 0; call < 3; call++) await agent.ask({ messages, tools });
    expect(agent.sent.map(hasTools)).toEqual([true, false, false, false]);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('does not support tools') },
    ]);
  });

  it.each<[string, Params, string, string, unknown[]]>([
    [
      'several calls',
      {},
      `Sure:\n\`\`\`json\n${JSON.stringify([CALLED, { name: 'CLOCK', arguments: {} }])}\n\`\`\``,
      '',
      [CALLED, { name: 'CLOCK', arguments: {} }],
    ],
    ['one call by itself', {}, JSON.stringify(CALLED), '', [CALLED]],
    [
      "a call in OpenAI's form",
      {},
      JSON.stringify({ tool_calls: [{ function: { name: 'LOOK_UP', arguments: '{"word":"fox"}' } }] }),
      '',
      [CALLED],
    ],
    ['a call after thinking', {}, `<think>{"name":"CLOCK"}</think>${JSON.stringify(CALLED)}`, '', [CALLED]],
    ['text', {}, 'A fox.', 'A fox.', []],
    ['JSON that is no call', {}, '{"animal":"fox"}', '{"animal":"fox"}', []],
    [
      'a call of a tool that was not offered',
      {},
      '{"name":"SECRET","arguments":{}}',
      '{"name":"SECRET","arguments":{}}',
      [],
    ],
    [
      'the arguments of the one tool that has to be called',
      { tools: [LOOK_UP], toolChoice: 'required' },
      '{"word":"fox"}',
      '',
      [CALLED],
    ],
    ['the arguments of the tool that was chosen', { toolChoice: { name: 'LOOK_UP' } }, '{"word":"fox"}', '', [CALLED]],
    ['no call where there must be none', { toolChoice: 'none' }, IN_WORDS, IN_WORDS, []],
  ])('[row 66] is understood: %s', async (_what, params, said, text, calls) => {
    const agent = await startAgent(refusing('gemma does not support tools', hasTools, chatText(said)));
    const answer = await agent.ask({ messages, tools, ...params });
    expect(answer.text).toBe(text);
    expect(answer.toolCalls.map(({ name, arguments: args }) => ({ name, arguments: args }))).toEqual(calls);
    expect(answer.finishReason).toBe(calls.length > 0 ? 'tool-calls' : 'stop');
  });

  it('[row 66] is told of the chosen tool alone, and of none where there must be no call', async () => {
    const agent = await startAgent(refusing('gemma does not support tools', hasTools, chatText('A fox.')));
    await agent.ask({ messages, tools, toolChoice: { name: 'CLOCK' } });
    expect(agent.messages[0]?.content).toContain('"CLOCK"');
    expect(agent.messages[0]?.content).not.toContain('LOOK_UP');
    await agent.ask({ messages, tools, toolChoice: 'none' });
    expect(agent.messages).toEqual(messages);
  });

  it('[row 66] is told of earlier calls and results in words', async () => {
    const agent = await startAgent(refusing('gemma does not support tools', hasTools, chatText('A fox.')));
    await agent.ask({
      system: 'S',
      messages: [
        ...messages,
        { role: 'assistant', content: 'Wait.', toolCalls: [{ id: 'c1', ...CALLED }] },
        { role: 'tool', toolCallId: 'c1', content: 'It is red.' },
      ],
      tools,
    });
    expect(agent.messages.slice(1)).toEqual([
      ...messages,
      { role: 'assistant', content: `Wait.\n${IN_WORDS}` },
      user('Result of a tool call:\nIt is red.'),
    ]);
    expect(agent.messages[0]).toMatchObject(system(expect.stringMatching(/^S\n\nYou have these tools:/)));
  });

  it.each<[string, Params, string[], string]>([
    ['calls', {}, [], ''],
    ['calls, structured', { streamStructured: true }, ['{"word":"fox"}'], '{"word":"fox"}'],
  ])('[row 66] can stream %s, in words', async (_what, params, pieces, text) => {
    const said = [IN_WORDS.slice(0, 9), IN_WORDS.slice(9)].map((content) => chatChunk({ content }));
    const agent = await startAgent(
      refusing('gemma does not support tools', hasTools, chatEvents([...said, chatChunk({}, 'stop'), '[DONE]'])),
    );
    const result = await agent.stream({ messages, tools, ...params });
    const seen: string[] = [];
    for await (const piece of result.textStream) seen.push(piece);
    expect(seen).toEqual(pieces);
    expect(await result.text).toBe(text);
    expect(await result.toolCalls).toMatchObject([CALLED]);
    expect(await result.finishReason).toBe('tool-calls');
  });

  it('[row 66] can stream text', async () => {
    const answer = chatEvents([
      chatChunk({ content: 'A ' }),
      chatChunk({ content: 'fox.' }),
      chatChunk({}, 'stop'),
      '[DONE]',
    ]);
    const agent = await startAgent(refusing('gemma does not support tools', hasTools, answer));
    const result = await agent.stream({ messages, tools });
    expect(await result.text).toBe('A fox.');
    expect(await result.toolCalls).toEqual([]);
  });
});

describe('a model that refuses a choice of tools', () => {
  it.each([
    ['OpenAI', "Unsupported value: 'tool_choice' does not support 'required' with this model."],
    [
      'Anthropic',
      'litellm.BadRequestError: AnthropicException - Thinking may not be enabled when tool_choice forces tool use.',
    ],
    ['DeepSeek', 'deepseek-reasoner does not support this tool_choice'],
    ['LiteLLM', LITELLM('tool_choice')],
  ])('[row 67] is asked without it, with its tools, and at once from then on: %s', async (_who, words) => {
    const agent = await startAgent(refusing(words, (body) => body.tool_choice !== undefined, CALLS));
    for (let call = 0; call < 2; call++) {
      expect((await agent.ask({ messages, tools, toolChoice: 'required' })).toolCalls).toMatchObject([CALLED]);
    }
    expect(agent.sent.map((body) => body.tool_choice)).toEqual(['required', undefined, undefined]);
    expect(agent.sent.map(hasTools)).toEqual([true, true, true]);
  });

  it('[row 67] may answer with text all the same: core asks again', async () => {
    const agent = await startAgent(chatText('A fox.'));
    expect(await agent.ask({ messages, tools, toolChoice: 'required' })).toMatchObject({
      text: 'A fox.',
      toolCalls: [],
    });
  });
});

const CLOSED = {
  type: 'object',
  properties: { word: { type: 'string' } },
  required: ['word'],
  additionalProperties: false,
};
const STRICT = { ...LOOK_UP, strict: true, parameters: CLOSED };
const OTHER = { name: 'OTHER', strict: true, parameters: { ...CLOSED, description: 'Other.' } };
const strictOf = (body: Params) => (body.tools as { function: Params }[]).map((tool) => tool.function.strict);
const isStrict = (body: Params) => strictOf(body).includes(true);

describe('a model that refuses strict tools', () => {
  it('is asked without `strict` for the schema that it names', async () => {
    const words = "Invalid schema for function 'LOOK_UP': In context=('properties', 'word'), 'user' is not permitted.";
    const agent = await startAgent(refusing(words, (body) => strictOf(body)[0] === true, CALLS));
    for (let call = 0; call < 2; call++) await agent.ask({ messages, tools: [STRICT, OTHER], user: 'someone' });
    expect(agent.sent.map(strictOf)).toEqual([
      [true, true],
      [undefined, true],
      [undefined, true],
    ]);
    expect(agent.last.user).toBe('someone');
  });

  it('is asked without `strict` for all of them when it does not know the flag', async () => {
    const agent = await startAgent(
      refusing('Unrecognized request argument supplied: tools[0].function.strict', isStrict, CALLS),
    );
    for (let call = 0; call < 2; call++) await agent.ask({ messages, tools: [STRICT, OTHER] });
    expect(agent.sent.map(strictOf)).toEqual([
      [true, true],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('is not asked again when no tool was strict: its schema is wrong', async () => {
    const agent = await startAgent(
      refusal("Invalid schema for function 'LOOK_UP': schema must be a JSON Schema of 'type: \"object\"'."),
    );
    expect(await failureOf(agent.ask({ messages, tools, temperature: 0.5 }))).toBeInstanceOf(UpstreamStatusError);
    expect(agent.sent).toHaveLength(1);
  });
});

const MOOD = {
  type: 'object',
  properties: { mood: { type: 'string' } },
  required: ['mood'],
  additionalProperties: false,
};
const formatOf = (body: Params) => (body.response_format as { type: string } | undefined)?.type ?? 'words';
const NO_JSON_SCHEMA = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.";
const NO_FORMAT = LITELLM('response_format');
const FENCED = '```json\n{"mood": "calm"}\n```';

describe('a model that refuses a response schema', () => {
  it('[row 45] is asked in JSON mode and told the schema in words', async () => {
    const agent = await startAgent(
      refusing(NO_JSON_SCHEMA, (body) => formatOf(body) === 'json_schema', chatText(FENCED)),
    );
    const answer = await agent.ask({ messages, responseSchema: MOOD });
    expect(agent.sent.map(formatOf)).toEqual(['json_schema', 'json_object']);
    expect(agent.messages[0]?.content).toContain(JSON.stringify(MOOD));
    expect(answer).toMatchObject({ text: '{"mood":"calm"}', toolCalls: [], finishReason: 'stop' });
  });

  it('[row 45] is asked in words alone where it has no formats at all', async () => {
    const agent = await startAgent(
      refusing(NO_FORMAT, (body) => formatOf(body) !== 'words', chatText(`Here: ${FENCED}`)),
    );
    for (let call = 0; call < 2; call++) {
      expect((await agent.ask({ messages, responseSchema: MOOD })).text).toBe('{"mood":"calm"}');
    }
    expect(agent.sent.map(formatOf)).toEqual(['json_schema', 'words', 'words']);
    expect(String(agent.messages[0]?.content).split(JSON.stringify(MOOD))).toHaveLength(2);
  });

  it('[row 45] streams its answer without fences, in one piece', async () => {
    const events = chatEvents([chatChunk({ content: FENCED }), chatChunk({}, 'stop'), '[DONE]']);
    const agent = await startAgent(refusing(NO_FORMAT, (body) => formatOf(body) !== 'words', events));
    const result = await agent.stream({ messages, responseSchema: MOOD });
    expect(await result.text).toBe('{"mood":"calm"}');
  });

  it('[row 45] keeps an answer without JSON as it is, and fenced JSON of a model that takes the format', async () => {
    const agent = await startAgent(chatText('I would rather not.'));
    expect((await agent.ask({ messages, responseSchema: MOOD })).text).toBe('I would rather not.');
    agent.guarded.elizaNet.fault = chatText(FENCED);
    expect((await agent.ask({ messages, responseSchema: MOOD })).text).toBe('{"mood":"calm"}');
    agent.guarded.elizaNet.fault = chatText('{ "mood": "calm" }');
    expect((await agent.ask({ messages, responseSchema: MOOD })).text).toBe('{ "mood": "calm" }');
  });
});

describe('a model that refuses system messages', () => {
  it.each([
    ["Unsupported value: 'messages[1].role' does not support 'system' with this model.", ['user', 'user', 'user']],
    ['System role not supported', ['user', 'user', 'user']],
  ])('gets all of them as user messages: %s', async (words, roles) => {
    const isSystem = (body: Params) => JSON.stringify(body.messages).includes('"system"');
    const agent = await startAgent(refusing(words, isSystem, chatText('A fox.')));
    await agent.ask({ system: 'S', messages: [system('T'), ...messages] });
    expect(agent.messages.map(({ role }) => role)).toEqual(roles);
  });

  it('is not thought to when another role is refused', async () => {
    const agent = await startAgent(
      refusal("Unsupported value: 'messages[1].role' does not support 'user' with this model."),
    );
    expect(await failureOf(agent.ask({ system: 'S', messages }))).toBeInstanceOf(UpstreamStatusError);
    expect(agent.sent).toHaveLength(1);
  });
});

it('words of a conversation cannot refuse anything', async () => {
  const quoted = 'gemma does not support tools';
  const agent = await startAgent(refusal(`Invalid value: ${quoted}`));
  const asked = agent.ask({ messages: [user(quoted)], tools });
  expect(await failureOf(asked)).not.toBeInstanceOf(InvalidResponseError);
  expect(agent.sent).toHaveLength(1);
});
