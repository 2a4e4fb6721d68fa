import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLOCK, failureOf, LOOK_UP, type Params, startAgent, user } from './agent.js';

const messages = [user('hi')];
const { name, description, parameters } = LOOK_UP;
const NESTED = { type: 'function', function: { name, description, parameters } };

/** The same tool in every form in which callers write it. */
const FORMS: [row: string, form: string, tools: unknown][] = [
  ['30', "core's list", [{ ...LOOK_UP, type: 'function', contexts: ['general'], metadata: { secret: 1 } }]],
  ['31', "OpenAI's list", [NESTED]],
  ['32', "the AI SDK's record", { LOOK_UP: { description, inputSchema: parameters } }],
  [
    '32',
    "the AI SDK's record with a wrapped schema",
    { LOOK_UP: { description, inputSchema: { jsonSchema: parameters } } },
  ],
  [
    '32',
    "the AI SDK's record with the promise of a schema",
    { LOOK_UP: { description, inputSchema: { jsonSchema: Promise.resolve(parameters) } } },
  ],
  ['32', 'a record of an older AI SDK', { LOOK_UP: { description, parameters } }],
];

const CLOSED = { ...parameters, additionalProperties: false };
/** `strict` as it is given, the schema, and `strict` as it is sent. */
const STRICT: [row: string, behaviour: string, tool: Params, sent: unknown][] = [
  ['35', 'sent where the schema allows it', { name, strict: true, parameters: CLOSED }, true],
  ['35', 'left out where the schema does not', { name, strict: true, parameters }, undefined],
  ['35', 'left out when it is false', { name, strict: false, parameters: CLOSED }, undefined],
  ['35', 'left out when it is not given', { name, parameters: CLOSED }, undefined],
];

const NAMED = { type: 'function', function: { name: 'LOOK_UP' } };
const CHOICES: [row: string, given: unknown, sent: unknown][] = [
  ['37', 'auto', 'auto'],
  ['37', 'none', 'none'],
  ['37', 'required', 'required'],
  ['37', { type: 'tool', toolName: 'LOOK_UP' }, NAMED],
  ['37', { type: 'tool', name: 'LOOK_UP' }, NAMED],
  ['37', { name: 'LOOK_UP' }, NAMED],
  ['37', NAMED, NAMED],
  ['37', { type: 'required' }, 'required'],
  ['37', { type: 'tool', toolName: 'NOT_OFFERED' }, 'required'],
  ['37', undefined, undefined],
  ['37', 'perhaps', undefined],
];

type SentTool = { function: Record<string, unknown> };

describe('the tools of a request', () => {
  it.each(FORMS)("[row %s] are sent in OpenAI's form, given as %s", async (_row, _form, tools) => {
    const agent = await startAgent();
    await agent.ask({ messages, tools });
    expect(agent.last.tools).toEqual([NESTED]);
    expect(agent.last).not.toHaveProperty('tool_choice');
  });

  it('[row 32] can have zod schemas', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, tools: { LOOK_UP: { inputSchema: z.object({ word: z.string() }) } } });
    const [tool] = agent.last.tools as SentTool[];
    expect(tool?.function.parameters).toMatchObject({ type: 'object', properties: { word: { type: 'string' } } });
  });

  it.each([
    ['without a name', [{ parameters }]],
    ['with a blank name', [{ name: ' ' }]],
    ['that is none', ['LOOK_UP']],
    ['with the name of another', [LOOK_UP, LOOK_UP]],
    ['whose name is that of another as it is sent', [{ name: 'a b' }, { name: 'a.b' }]],
  ])('[row 33] are refused without a request: one %s', async (_what, tools) => {
    const agent = await startAgent();
    expect(await failureOf(agent.ask({ messages, tools }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(agent.sent).toEqual([]);
  });

  it('[row 34] have the schema of an empty object where they have none', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, tools: [{ name: 'CLOCK' }] });
    const [tool] = agent.last.tools as SentTool[];
    expect(tool?.function).toEqual({ name: 'CLOCK', parameters: { type: 'object', properties: {} } });
  });

  it.each(STRICT)('[row %s] have `strict` %s', async (_row, _behaviour, tool, sent) => {
    const agent = await startAgent();
    await agent.ask({ messages, tools: [tool] });
    const [first] = agent.last.tools as SentTool[];
    expect(first?.function.strict).toBe(sent);
    expect(first?.function.parameters).toEqual(tool.parameters);
  });

  it.each([
    ['36', 'an empty list', []],
    ['36', 'an empty record', {}],
    ['38', 'no tools', undefined],
  ])('[row %s] are not sent, and no choice either: %s', async (_row, _what, tools) => {
    const agent = await startAgent();
    const answer = await agent.ask({ messages, tools, toolChoice: 'required' });
    expect(agent.last).not.toHaveProperty('tools');
    expect(agent.last).not.toHaveProperty('tool_choice');
    expect(answer.toolCalls).toEqual([]);
  });

  it.each(CHOICES)('[row %s] are chosen from: %j is sent as %j', async (_row, toolChoice, sent) => {
    const agent = await startAgent();
    await agent.ask({ messages, tools: [LOOK_UP, CLOCK], toolChoice });
    expect(agent.last.tool_choice).toEqual(sent);
  });

  it('have names that OpenAI takes, in the tools, the choice and earlier calls', async () => {
    const agent = await startAgent();
    const call = { id: 'c1', name: 'look.up', arguments: {} };
    await agent.ask({
      messages: [{ role: 'assistant', content: null, toolCalls: [call] }],
      tools: [{ name: 'look.up' }],
      toolChoice: { name: 'look.up' },
    });
    expect(JSON.stringify(agent.last)).not.toContain('look.up');
    expect(agent.last.tool_choice).toEqual({ type: 'function', function: { name: 'look_up' } });
  });
});

const MOOD = {
  type: 'object',
  properties: { mood: { type: 'string' } },
  required: ['mood'],
  additionalProperties: false,
};
const OPEN = { type: 'object', properties: { mood: { type: 'string' } } };
const parse = () => {};

/** Response schemas, and the `json_schema` that is sent. */
const SCHEMAS: [row: string, form: string, given: unknown, sent: Params][] = [
  ['39', 'a JSON Schema', MOOD, { name: 'response', schema: MOOD, strict: true }],
  ['39', 'a JSON Schema that strict mode refuses', OPEN, { name: 'response', schema: OPEN }],
  [
    '40',
    'a wrapper',
    { schema: OPEN, name: 'mood of the day', description: 'In one word.' },
    { name: 'mood_of_the_day', description: 'In one word.', schema: OPEN },
  ],
  [
    '40',
    'an Output object of the AI SDK with a promise',
    { responseFormat: Promise.resolve({ type: 'json', schema: OPEN, name: 'mood' }), parseCompleteOutput: parse },
    { name: 'mood', schema: OPEN },
  ],
  [
    '40',
    'an Output object of the AI SDK',
    { type: 'object', responseFormat: { type: 'json', schema: MOOD }, parseOutput: parse },
    { name: 'response', schema: MOOD, strict: true },
  ],
  ['39', 'a zod schema', z.object({ mood: z.string() }), { name: 'response', strict: true }],
  ['39', 'a schema of a list', { type: 'array', items: { type: 'string' } }, { name: 'response', strict: true }],
];

describe('the response format of a request', () => {
  it.each(SCHEMAS)('[row %s] is json_schema for %s', async (_row, _form, responseSchema, sent) => {
    const agent = await startAgent();
    const answer = await agent.ask({ messages, responseSchema });
    expect(agent.last.response_format).toMatchObject({ type: 'json_schema', json_schema: sent });
    expect((agent.last.response_format as { json_schema: Params }).json_schema.strict).toBe(sent.strict);
    expect(agent.messages).toEqual(messages);
    expect(typeof answer.text).toBe('string');
    expect(answer).toMatchObject({ toolCalls: [], finishReason: 'stop' });
  });

  it('[row 40] is json_object for an Output object without a schema, and none for one of text', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, responseSchema: { responseFormat: { type: 'json' }, parseOutput: parse } });
    expect(agent.last.response_format).toEqual({ type: 'json_object' });
    await agent.ask({ messages, responseSchema: { responseFormat: { type: 'text' }, parseOutput: parse } });
    expect(agent.last).not.toHaveProperty('response_format');
  });

  it('[row 41] is that of the schema, beside a response format', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, responseSchema: MOOD, responseFormat: { type: 'json_object' } });
    expect(agent.last.response_format).toMatchObject({ type: 'json_schema' });
  });

  it('[row 42] goes along with tools', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, responseSchema: MOOD, tools: [LOOK_UP] });
    expect(agent.last.response_format).toMatchObject({ type: 'json_schema' });
    expect(agent.last.tools).toEqual([NESTED]);
  });

  it('[row 43] is json_object on request, and the answer to a prompt stays a string', async () => {
    const agent = await startAgent();
    const answer = await agent.call({ prompt: 'Some JSON, please.', responseFormat: 'json_object' });
    expect(agent.last.response_format).toEqual({ type: 'json_object' });
    expect(answer).toBe('{"by":"elizanet"}');
  });

  it.each([
    ['the user', [user('An object.')], 1],
    [
      'a part',
      [
        user([
          { type: 'text', text: 'Some json.' },
          { type: 'image', image: 'data:image/png;base64,AQID' },
        ]),
      ],
      0,
    ],
  ])('[row 44] asks for JSON in words unless the messages do: %s', async (_what, given, added) => {
    const agent = await startAgent();
    await agent.ask({ messages: given, responseFormat: { type: 'json_object' } });
    const told = agent.messages.filter(({ role, content }) => role === 'system' && content === 'Answer in JSON.');
    expect(told).toHaveLength(added);
  });

  it('is json_object and words for a schema that nothing can carry', async () => {
    const agent = await startAgent();
    const list = { type: 'array', items: { $ref: '#/items/anyOf/0', anyOf: [{ type: 'string' }] } };
    await agent.ask({ messages, responseSchema: list });
    expect(agent.last.response_format).toEqual({ type: 'json_object' });
    expect(String(agent.messages[0]?.content)).toContain(JSON.stringify(list));
  });
});

describe('the other fields of a request', () => {
  it('[row 46] hold the model of the settings, not one of the params', async () => {
    const agent = await startAgent();
    await agent.ask({ messages, model: ' primary-model ' });
    expect(agent.last.model).toBe('gpt-4o');
    expect(JSON.stringify(agent.last)).not.toContain('primary-model');
  });

  it.each([
    ['omitted on request', { omitMaxTokens: true, maxTokens: 50 }, undefined],
    ['absent when undefined', { maxTokens: undefined }, undefined],
    ['sent', { maxTokens: 50 }, 50],
    ['sent', { omitMaxTokens: false, maxTokens: 50 }, 50],
  ])('[row 47] have a token limit %s: %j', async (_what, params, limit) => {
    const agent = await startAgent();
    await agent.ask({ messages, ...params });
    expect(agent.last.max_tokens).toBe(limit);
  });

  it('[row 48] hold nothing of what only other providers, local engines and speech use', async () => {
    const agent = await startAgent();
    await agent.ask({
      messages,
      providerOptions: { eliza: { thinking: 'off' }, openai: { reasoningEffort: 'low' } },
      voiceOutput: true,
      prefill: '{',
      grammar: 'root',
      responseSkeleton: {},
      spanSamplerPlan: {},
      priority: 1,
      minTokens: 1,
      topK: 1,
      minP: 1,
      repetitionPenalty: 1,
      streamStructured: true,
      mock_response: 'injected',
    });
    expect(Object.keys(agent.last).sort()).toEqual(['messages', 'model']);
  });

  it('[row 49] are made from frozen params, the same each time', async () => {
    const agent = await startAgent();
    const params = { messages, tools: [LOOK_UP], toolChoice: 'required', responseSchema: MOOD, maxTokens: 5 };
    const before = JSON.stringify(params);
    await agent.ask(params);
    await agent.ask(params);
    expect(agent.sent[1]).toEqual(agent.sent[0]);
    expect(JSON.stringify(params)).toBe(before);
  });
});
