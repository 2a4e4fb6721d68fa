import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';
import { chatMessage, chatText, inTurn } from '../../../lab/chat-replies.js';
import { fakeClock } from '../../../lab/fake-clock.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { InvalidInputError, ObjectValidationError } from '../../../src/index.js';

const SCHEMA = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] }, size: { type: 'integer' } },
  required: ['colour', 'size'],
  additionalProperties: false,
};
const GOOD = { colour: 'red', size: 3 };

let guarded: Guarded;

afterEach(() => guarded.stop());

/** An agent whose only provider is ElizaNet, which gives these answers one after the other. */
async function start(answers: (string | object)[], options: GuardedOptions = {}) {
  guarded = await createGuarded({ plugins: [], ...options });
  const faults = answers.map((answer): Fault => {
    if (typeof answer === 'object' && 'kind' in answer) return answer as Fault;
    return chatText(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  guarded.elizaNet.fault = inTurn(...faults);
  return guarded.runtime;
}

const ask = (params: object = {}): Promise<unknown> =>
  guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'Describe it.', ...params });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error) => error,
  );
const sent = (index = -1) => guarded.elizaNet.calls.at(index)?.body ?? {};
const sentText = (index = -1) => JSON.stringify(sent(index).messages);

describe('an object without a schema', () => {
  it.each([0, 0.7, 2, undefined])('is a JSON object at temperature %s', async (temperature) => {
    await start(['Sure:\n```json\n{"any":["thing"]}\n```']);
    expect(await ask({ temperature })).toEqual({ any: ['thing'] });
    expect(sent()).toMatchObject({ model: 'gpt-4o-mini', response_format: { type: 'json_object' } });
    expect(sent().temperature).toBe(temperature);
  });

  it('may be empty', async () => {
    await start([{}]);
    expect(await ask()).toEqual({});
  });

  it.each([
    ['a list', '[{"a":1}]'],
    ['a text', '"red"'],
    ['a number', '3'],
    ['null', 'null'],
    ['prose', 'I would rather not.'],
  ])('is not %s: the model is told so, and asked once more', async (_, answer) => {
    await start([answer, '{"a":1}']);
    expect(await ask()).toEqual({ a: 1 });
    expect(guarded.elizaNet.calls).toHaveLength(2);
    expect(sent(1).messages).toMatchObject([
      { role: 'system' },
      { role: 'user', content: 'Describe it.' },
      { role: 'assistant', content: answer },
      { role: 'user', content: expect.stringContaining('JSON object') },
    ]);
  });

  it('is an error when the second answer is none either', async () => {
    await start(['[1]', '"a secret"']);
    const error = await failureOf(ask());
    expect(error).toBeInstanceOf(ObjectValidationError);
    expect(error).toMatchObject({ code: 'OBJECT_VALIDATION', kind: 'request', paths: [''], model: 'gpt-4o-mini' });
    expect(error.message).not.toContain('secret');
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });
});

describe('an answer that is read without a second request', () => {
  it.each([
    ['with its thinking before it', '<think>perhaps {"a":1}? no</think>{"a":2}', { a: 2 }],
    ['with thinking that began in the prompt', 'perhaps {"a":1}? no</think>{"a":2}', { a: 2 }],
    ['with tags in a string', '{"html":"<think>x</think>"}', { html: '<think>x</think>' }],
    ['escaped', '{\\"a\\": \\"b\\"}', { a: 'b' }],
    ['in a fence, without its last bracket', '```json\n{"a": "b"\n```', { a: 'b' }],
    ['with a path', '{"path":"C:\\Users\\desk"}', { path: 'C:\\Users\\desk' }],
    ['with a regular expression', '{"regex":"\\d+"}', { regex: '\\d+' }],
    ['with a line break', '{"text":"Title:\\nText\\twide"}', { text: 'Title:\nText\twide' }],
  ])('%s', async (_, answer, value) => {
    await start([answer]);
    expect(await ask()).toEqual(value);
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('as a bare word after its thinking', async () => {
    await start(['<think>joy or anger?</think>\njoy']);
    expect(await ask({ output: 'enum', enumValues: ['joy', 'anger'] })).toBe('joy');
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });
});

describe('an answer after which the model is asked once more', () => {
  const correctionText = () => (sent(1).messages as { content: string }[]).at(-1)?.content;

  it('ends within its thinking, which is not shown to it again', async () => {
    await start(['<think>perhaps {"a":1}?', '<think>hm</think>{"a":2}']);
    expect(await ask()).toEqual({ a: 2 });
    expect(sentText(1)).not.toContain('perhaps');
    expect(correctionText()).toContain('nothing but thinking');
  });

  it('is shown to it without its thinking', async () => {
    await start(['<think>a secret</think>[1]', '{"a":2}']);
    expect(await ask()).toEqual({ a: 2 });
    expect((sent(1).messages as object[])[2]).toEqual({ role: 'assistant', content: '[1]' });
  });

  it('has backslashes that may be escapes or not', async () => {
    await start(['{"path":"C:\\Users\\new"}', '{"path":"C:\\\\Users\\\\new"}']);
    expect(await ask()).toEqual({ path: 'C:\\Users\\new' });
    expect(correctionText()).toContain('backslash');
  });

  it.each([
    ['a path', '{"path":"C:\\new"}', { path: 'C:\\new' }],
    ['a path with a tab', '{"paths":["D:\\temp"]}', { paths: ['D:\\temp'] }],
    ['a regular expression', '{"regex":"\\bword\\b"}', { regex: '\\bword\\b' }],
    ['a formula', '{"tex":"\\frac{a}{b}"}', { tex: '\\frac{a}{b}' }],
  ])('is JSON in which %s seems to have lost its backslashes', async (_, answer, value) => {
    await start([answer, JSON.stringify(value)]);
    expect(await ask()).toEqual(value);
    expect(correctionText()).toContain('backslash');
  });

  it('is taken as it is when the model says the same again', async () => {
    await start(['{"quiz":"Q:\\nWhat?"}']);
    expect(await ask()).toEqual({ quiz: 'Q:\nWhat?' });
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });
});

describe('a JSON Schema', () => {
  it('is sent as a strict format where it allows that, and shown to the model', async () => {
    await start([GOOD]);
    expect(await ask({ schema: SCHEMA })).toEqual(GOOD);
    expect(sent().response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: SCHEMA, strict: true },
    });
    expect(sentText()).toContain(JSON.stringify(JSON.stringify(SCHEMA)).slice(1, -1));
  });

  it('that leaves keys open is sent without strict', async () => {
    const { additionalProperties: _, ...open } = SCHEMA;
    await start([{ ...GOOD, more: true }]);
    expect(await ask({ schema: open })).toEqual({ ...GOOD, more: true });
    expect(sent().response_format).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema: open } });
  });

  it('is what the answer is checked against: the model is shown each place that is wrong, and what is right there', async () => {
    await start([{ colour: 'green', weight: 1 }, GOOD]);
    expect(await ask({ schema: SCHEMA })).toEqual(GOOD);
    const [{ content }] = (sent(1).messages as { content: string }[]).slice(-1) as [{ content: string }];
    expect(content).toContain('/colour: must be one of ["red","blue"]');
    expect(content).toContain('/size: is missing');
    expect(content).toContain('must not have the key "weight"');
  });

  it('that is not met the second time either gives the paths that fail, and nothing of the answer', async () => {
    await start([{}, { colour: 'a secret', 'secret key': 1, size: 'large' }]);
    const error = await failureOf(ask({ schema: SCHEMA }));
    expect(error).toBeInstanceOf(ObjectValidationError);
    expect([...error.paths].sort()).toEqual(['', '/colour', '/size']);
    expect(error.message).toContain('/size (type)');
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain('secret');
  });

  it('has paths with * for keys that the model made up', async () => {
    const schema = {
      type: 'object',
      additionalProperties: { type: 'object', properties: { size: { type: 'integer' } } },
    };
    await start([{ 'a secret': { size: 'x' } }]);
    const error = await failureOf(ask({ schema }));
    expect(error.paths).toEqual(['/*/size']);
  });

  it('that requires a key every object inherits is not met by inheriting it', async () => {
    const schema = { type: 'object', required: ['constructor'] };
    await start([{ a: 1 }, { constructor: 'Bauhaus' }]);
    expect(await ask({ schema })).toEqual({ constructor: 'Bauhaus' });
  });

  it('with references inside, and of draft 7, is understood', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://schemas.invalid/pair',
      type: 'object',
      definitions: { name: { type: 'string' } },
      properties: { pair: { type: 'array', items: [{ $ref: '#/definitions/name' }, { type: 'integer' }] } },
      required: ['pair'],
    };
    await start([{ pair: ['a', 'b'] }, { pair: ['a', 1] }, { pair: ['c', 2] }]);
    expect(await ask({ schema })).toEqual({ pair: ['a', 1] });
    expect(await ask({ schema: structuredClone(schema) })).toEqual({ pair: ['c', 2] });
    expect(guarded.elizaNet.calls).toHaveLength(3);
  });

  it.each([
    ['refers to another document', { type: 'object', properties: { a: { $ref: 'https://schemas.invalid/a.json' } } }],
    ['has a type that does not exist', { type: 'object', properties: { a: { type: 'strin' } } }],
  ])('that %s is only shown, with a warning: the answer is taken as it comes', async (_, schema) => {
    const runtime = await start([{ a: 1 }]);
    const lines = logLines(runtime);
    expect(await ask({ schema })).toEqual({ a: 1 });
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('that is an example rather than a schema is shown, and any object taken', async () => {
    await start([{ facts: [], relationships: [] }]);
    expect(await ask({ schema: { facts: 'list of facts', relationships: 'list' } })).toEqual({
      facts: [],
      relationships: [],
    });
    expect(sent().response_format).toEqual({ type: 'json_object' });
    expect(sentText()).toContain('list of facts');
  });

  it.each([
    ['cannot be written as JSON', () => ({ type: 'object', n: 1n })],
    ['is longer than ELIZANET_MAX_INPUT_LENGTH', () => ({ type: 'object', description: 'x'.repeat(2_000) })],
  ])('that %s is refused before anything is sent', async (_, schema) => {
    await start([GOOD], { settings: { ELIZANET_MAX_INPUT_LENGTH: 1_000 } });
    expect(await failureOf(ask({ schema: schema() }))).toBeInstanceOf(InvalidInputError);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('a zod schema', () => {
  const versions: [string, object][] = [
    ['zod 4', z.object({ colour: z.enum(['red', 'blue']), size: z.int() })],
    ['zod 4 mini', mini.object({ colour: mini.enum(['red', 'blue']), size: mini.int() })],
    ['zod 3', z3.object({ colour: z3.enum(['red', 'blue']), size: z3.number().int() })],
  ];

  it.each(versions)('of %s is sent as JSON Schema, strict', async (_, schema) => {
    await start([GOOD]);
    expect(await ask({ schema })).toEqual(GOOD);
    const { json_schema } = sent().response_format as { json_schema: { schema: object; strict: boolean } };
    expect(json_schema.schema).toMatchObject({
      type: 'object',
      properties: { colour: { type: 'string', enum: ['red', 'blue'] }, size: { type: 'integer' } },
      required: ['colour', 'size'],
      additionalProperties: false,
    });
    expect(json_schema.strict).toBe(true);
  });

  it.each(versions)('of %s checks the answer itself', async (_, schema) => {
    await start([
      { colour: 'red', size: 'large' },
      { colour: 'red', size: 'huge' },
    ]);
    const error = await failureOf(ask({ schema }));
    expect(error).toBeInstanceOf(ObjectValidationError);
    expect(error.paths).toEqual(['/size']);
    expect((sent(1).messages as { content: string }[]).at(-1)?.content).toContain('/size: ');
  });

  it('gives what it makes of the answer: other keys dropped, defaults filled in, values transformed', async () => {
    const schema = z.object({
      name: z.string().transform((name) => name.toUpperCase()),
      tags: z.array(z.string()).default([]),
      born: z.iso.date().pipe(z.coerce.date()).optional(),
    });
    await start([{ name: 'ada', more: true }]);
    expect(await ask({ schema })).toEqual({ name: 'ADA', tags: [] });
  });

  it('may refine, asynchronously too, and may throw while it does so', async () => {
    const schema = z.object({ n: z.number().refine(async (n) => n > 2) });
    await start([{ n: 1 }, { n: 3 }]);
    expect(await ask({ schema })).toEqual({ n: 3 });
    const throwing = z.object({ n: z.number().refine(() => JSON.parse('{')) });
    const error = await failureOf(ask({ schema: throwing }));
    expect(error).toBeInstanceOf(ObjectValidationError);
  });

  it('that JSON Schema has no words for checks all the same', async () => {
    const schema = z.object({ at: z.custom<string>((value) => value === 'now') });
    await start([{ at: 'later' }, { at: 'now' }]);
    expect(await ask({ schema })).toEqual({ at: 'now' });
  });
});

describe("output: 'array'", () => {
  const element = {
    type: 'object',
    properties: { key: { type: 'string' } },
    required: ['key'],
    additionalProperties: false,
  };
  const LIST = [{ key: 'a' }, { key: 'b' }];

  it.each([
    ['of the list, as core passes it', { type: 'array', items: element }],
    ['of an element, as the AI SDK has it', element],
    ['of a list in zod', z.array(z.object({ key: z.string() }))],
    ['of an element in zod', z.object({ key: z.string() })],
  ])('with a schema %s gives the list, which travels inside an object', async (_, schema) => {
    await start([{ elements: LIST }]);
    expect(await ask({ schema, output: 'array' })).toEqual(LIST);
    expect(sent().response_format).toMatchObject({
      json_schema: { strict: true, schema: { type: 'object', required: ['elements'], additionalProperties: false } },
    });
  });

  it('takes a bare list too', async () => {
    await start(['```json\n[{"key":"a"},{"key":"b"}]\n```']);
    expect(await ask({ schema: element, output: 'array' })).toEqual(LIST);
  });

  it('without a schema takes any list', async () => {
    await start([{ elements: [1, 'two', null] }]);
    expect(await ask({ output: 'array' })).toEqual([1, 'two', null]);
    expect(sent().response_format).toEqual({ type: 'json_object' });
    expect(sentText()).toContain('elements');
  });

  it('names the element that is wrong', async () => {
    await start([{ elements: [{ key: 'a' }, { key: 3 }] }]);
    expect((await failureOf(ask({ schema: element, output: 'array' }))).paths).toEqual(['/1/key']);
  });

  it('is not satisfied with an object that holds something else', async () => {
    await start([{ items: LIST }, { elements: LIST }]);
    expect(await ask({ schema: element, output: 'array' })).toEqual(LIST);
  });

  it('follows the schema also when it is a list and output says nothing', async () => {
    await start([{ elements: LIST }]);
    expect(await ask({ schema: { type: 'array', items: element } })).toEqual(LIST);
  });

  it('keeps references of a schema right', async () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name'],
    };
    await start([{ elements: [{ name: 'a', children: [{ name: 3 }] }] }, { elements: [{ name: 'a', children: [] }] }]);
    expect(await ask({ schema: tree, output: 'array' })).toEqual([{ name: 'a', children: [] }]);
    expect(guarded.elizaNet.calls).toHaveLength(2);
  });

  it('is not taken for a failure by the guard, neither of a primary nor of ElizaNet', async () => {
    const wrapped = { settings: [{ key: 'a' }] };
    await start([{ elements: LIST }], { plugins: [primary({ OBJECT_SMALL: () => wrapped })] });
    expect(await ask({ schema: element, output: 'array' })).toEqual(wrapped);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe("output: 'enum'", () => {
  const params = { output: 'enum', enumValues: ['joy', 'anger'] };

  it.each([
    ['in its object', '{"result":"joy"}'],
    ['as JSON', '"joy"'],
    ['as a bare word', ' joy\n'],
  ])('gives one of the values: %s', async (_, answer) => {
    await start([answer]);
    expect(await ask(params)).toBe('joy');
    expect(sent().response_format).toMatchObject({
      json_schema: { strict: true, schema: { properties: { result: { enum: ['joy', 'anger'] } } } },
    });
  });

  it('asks once more for a value that is none of them', async () => {
    await start(['{"result":"boredom"}', '{"result":"anger"}']);
    expect(await ask(params)).toBe('anger');
    expect(sentText(1)).toContain('must be one of');
  });

  it.each([[undefined], [[]], [[1]]])('needs values: %o are none', async (enumValues) => {
    await start([GOOD]);
    expect(await failureOf(ask({ output: 'enum', enumValues }))).toBeInstanceOf(InvalidInputError);
  });
});

describe('an object call', () => {
  it('sends the sampling fields that the agent is set to, and no stream', async () => {
    await start([GOOD], { settings: { OBJECT_SMALL_MAX_TOKENS: 500, OBJECT_SMALL_TOP_P: 0.5 } });
    await ask({ stopSequences: ['END'], stream: true, mock_response: 'injected' });
    expect(Object.keys(sent()).sort()).toEqual(
      ['max_tokens', 'messages', 'model', 'response_format', 'stop', 'top_p', 'user'].sort(),
    );
  });

  it("keeps the character's system prompt", async () => {
    await start([GOOD], { system: 'You are a pirate.' });
    await ask();
    expect(sent().messages).toMatchObject([
      { content: expect.stringMatching(/^You are a pirate\.\n\nAnswer with/) },
      {},
    ]);
  });

  it('reports what both answers cost', async () => {
    await start(['[]', '{}']);
    await ask();
    expect(guarded.events).toMatchObject([{ payload: { tokens: { prompt: 14, completion: 6, total: 20 } } }]);
  });

  it('has one time limit for both answers', async () => {
    const clock = fakeClock();
    await start([], { options: { clock }, settings: { ELIZANET_TIMEOUT: 30_000 } });
    guarded.elizaNet.fault = () => {
      clock.advance(20_000);
      return chatText('[]');
    };
    const calls = guarded.elizaNet.calls.length;
    expect(await failureOf(ask())).toMatchObject({ kind: 'timeout', timeoutMs: 30_000 });
    const limits = guarded.elizaNet.calls.slice(calls).map(({ headers }) => headers['x-litellm-timeout']);
    expect(limits).toEqual(['30', '10']);
  });

  it('does not pass a list that was cut off for a shorter one', async () => {
    const cut = chatText('{"list":[1,2,3', 'length');
    await start([cut, { list: [1] }]);
    expect(await ask()).toEqual({ list: [1] });
    guarded.elizaNet.fault = cut;
    const error = await failureOf(ask());
    expect(error).toBeInstanceOf(ObjectValidationError);
    expect(error.message).toContain('length');
  });

  it('takes the first object of several that fits', async () => {
    await start(['For example {"colour":"green"}, so: {"colour":"red","size":3}']);
    expect(await ask({ schema: SCHEMA })).toEqual(GOOD);
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('fails as a text does when there is no text at all', async () => {
    await start([chatMessage({ content: null, refusal: 'No.' })]);
    expect(await failureOf(ask())).toMatchObject({ kind: 'content_policy' });
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('that cannot be filled does not make anybody leave ElizaNet alone: it has answered', async () => {
    await start(['nonsense'], {
      plugins: [primary({ OBJECT_SMALL: () => Promise.reject(statusError(503)) })],
      settings: { ELIZANET_FAILURE_THRESHOLD: 1 },
    });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ code: 'ALL_PROVIDERS_FAILED', kind: 'server' });
    expect(error.attempts.at(-1)).toMatchObject({ failure: { kind: 'request' } });
    guarded.elizaNet.fault = chatText('{"a":1}');
    expect(await ask()).toEqual({ a: 1 });
    expect(guarded.events.some(({ payload }) => payload.provider === 'elizanet-fallback' && 'state' in payload)).toBe(
      false,
    );
  });
});

describe('an answer that is meant to do harm', () => {
  it('does not reach the prototype of anything', async () => {
    await start(['{"__proto__":{"admin":1},"constructor":{"prototype":{"admin":1}},"a":{"__proto__":{"admin":1}}}']);
    const value = (await ask()) as Record<string, unknown>;
    expect(JSON.stringify(value)).toBe('{"a":{}}');
    const copy = Object.assign({}, value) as Record<string, unknown>;
    expect(copy.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it.each([
    ['nested without end', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['with a number too large', '{"a":1e999}'],
    ['without end', `{"a":"${'x'.repeat(1_100_000)}"}`],
  ])('is refused: %s', async (_, answer) => {
    await start([answer, answer]);
    expect(await failureOf(ask())).toBeInstanceOf(ObjectValidationError);
  });

  it('cannot make a schema that refers to itself run out of stack', async () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } } };
    await start([`${'{"next":'.repeat(3_000)}{}${'}'.repeat(3_000)}`]);
    expect(await failureOf(ask({ schema }))).toBeInstanceOf(ObjectValidationError);
  });
});
