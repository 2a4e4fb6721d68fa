import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { refusal } from '../../../lab/chat-replies.js';
import { createGuarded, type Guarded } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import type { RecordedRequest } from '../../../lab/stand-in/server.js';

/** The words of OpenAI, of LiteLLM before it asks anybody, and of others. */
const NO_JSON_SCHEMA = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.";
const NO_FORMAT: string = JSON.parse(
  readFileSync(new URL('../../fixtures/litellm/error-unsupported-response-format.json', import.meta.url), 'utf8'),
).body.error.message;
const NOT_STRICT =
  "Invalid schema for response_format 'answer': In context=(), 'additionalProperties' is required to be supplied and to be false.";

const GROQ_BEHIND_LITELLM =
  'litellm.BadRequestError: GroqException - {"error":{"message":"Failed to generate JSON. Please adjust your prompt. See \'failed_generation\' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{\\"by\\": elizanet"}}';

const SCHEMA = {
  type: 'object',
  properties: { by: { type: 'string' } },
  required: ['by'],
  additionalProperties: false,
};
const OBJECT = { by: 'elizanet' };

let guarded: Guarded;

afterEach(() => guarded.stop());

type Format = 'strict' | 'json_schema' | 'json_object' | 'words alone';

function formatOf({ body }: RecordedRequest): Format {
  const format = body.response_format as { type: Format; json_schema?: { strict?: boolean } } | undefined;
  return format?.json_schema?.strict ? 'strict' : (format?.type ?? 'words alone');
}

/** A model that has these words for some formats, and answers the object in the others. */
async function start(words: Partial<Record<Format, string>>) {
  guarded = await createGuarded({ plugins: [], elizaNet: { text: JSON.stringify(OBJECT), object: OBJECT } });
  guarded.elizaNet.fault = (request) => {
    const refused = words[formatOf(request)];
    return refused ? refusal(refused) : { kind: 'none' };
  };
  return guarded.runtime;
}

const ask = (schema: object | null = SCHEMA, params: object = {}) =>
  guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'Who answers?', schema: schema as never, ...params });
const asked = () => guarded.elizaNet.calls.map(formatOf);

describe('the format of an object call', () => {
  it.each([
    ['nothing', {}, ['strict'], ['strict']],
    [
      'json_schema (OpenAI)',
      { strict: NO_JSON_SCHEMA, json_schema: NO_JSON_SCHEMA },
      ['strict', 'json_object'],
      ['json_object'],
    ],
    [
      'json_schema (Groq)',
      { strict: 'This model does not support response format `json_schema`.' },
      ['strict', 'json_object'],
      ['json_object'],
    ],
    [
      'json_schema (DeepSeek)',
      { strict: 'This response_format type is unavailable now' },
      ['strict', 'json_object'],
      ['json_object'],
    ],
    [
      'the parameter (LiteLLM)',
      { strict: NO_FORMAT, json_schema: NO_FORMAT, json_object: NO_FORMAT },
      ['strict', 'words alone'],
      ['words alone'],
    ],
    [
      'each of them',
      { strict: NO_JSON_SCHEMA, json_object: "'response_format' of type 'json_object' is not supported" },
      ['strict', 'json_object', 'words alone'],
      ['words alone'],
    ],
    [
      'strict',
      { strict: "Unknown parameter: 'response_format.json_schema.strict'" },
      ['strict', 'json_schema'],
      ['json_schema'],
    ],
  ])('steps down from what a model refuses, and stays there: %s', async (_, words, first, later) => {
    await start(words);
    expect(await ask()).toEqual(OBJECT);
    expect(asked()).toEqual(first);
    expect(await ask()).toEqual(OBJECT);
    expect(asked()).toEqual([...first, ...later]);
  });

  it('shows the schema whatever the format', async () => {
    await start({ strict: NO_FORMAT });
    await ask();
    for (const { body } of guarded.elizaNet.calls)
      expect(JSON.stringify(body.messages)).toContain('additionalProperties');
  });

  it('steps down for one schema when that one is the trouble', async () => {
    const runtime = await start({ strict: NOT_STRICT });
    const lines = logLines(runtime);
    await ask();
    await ask();
    expect(asked()).toEqual(['strict', 'json_schema', 'json_schema']);
    await ask({ ...SCHEMA, description: 'Another one.' });
    expect(asked().slice(3)).toEqual(['strict', 'json_schema']);
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(
      Array(2).fill(
        '[ElizaNet] gpt-4o-mini does not support strict json_schema (for one schema): omitted from further requests',
      ),
    );
  });

  it.each([
    ['Groq', 'Failed to generate JSON. Please adjust your prompt.', 'json_validate_failed'],
    ['Groq, with its code alone', 'Generated answer is not valid.', 'json_validate_failed'],
    ['Groq behind LiteLLM', GROQ_BEHIND_LITELLM, '400'],
    [
      'Groq behind LiteLLM, with an answer of any words',
      `${GROQ_BEHIND_LITELLM}: temperature unsupported, unauthorized`,
      '400',
    ],
  ])('steps down for one schema when the answer to it was not JSON (%s)', async (_, message, code) => {
    const failed = { kind: 'status', status: 400, body: JSON.stringify({ error: { message, code } }) } as const;
    await start({});
    guarded.elizaNet.fault = (request) => (formatOf(request) === 'strict' ? failed : { kind: 'none' });
    expect(await ask(SCHEMA, { temperature: 0.2 })).toEqual(OBJECT);
    expect(await ask(SCHEMA, { temperature: 0.2 })).toEqual(OBJECT);
    expect(asked()).toEqual(['strict', 'json_object', 'json_object']);
    await ask({ ...SCHEMA, description: 'Another one.' }, { temperature: 0.2 });
    expect(asked().slice(3)).toEqual(['strict', 'json_object']);
    expect(guarded.elizaNet.calls.every(({ body }) => body.temperature === 0.2)).toBe(true);
  });

  it('steps down to words alone when the answer in json_object mode was not JSON either (Groq)', async () => {
    await start({ strict: 'Failed to generate JSON', json_object: 'Failed to generate JSON' });
    expect(await ask()).toEqual(OBJECT);
    expect(await ask()).toEqual(OBJECT);
    expect(await ask(null)).toEqual(OBJECT);
    expect(asked()).toEqual(['strict', 'json_object', 'words alone', 'words alone', 'json_object', 'words alone']);
  });

  it('steps down for a schema with a key that is called as a field is', async () => {
    const words =
      "Invalid schema for response_format 'answer': In context=('properties', 'temperature'), 'minimum' is not permitted.";
    await start({ strict: words });
    expect(await ask(SCHEMA, { temperature: 0.2 })).toEqual(OBJECT);
    expect(asked()).toEqual(['strict', 'json_schema']);
    expect(guarded.elizaNet.calls.at(-1)?.body.temperature).toBe(0.2);
  });

  it("is the same after a refusal that quotes the user's words on formats", async () => {
    const prompt = 'Which models do not support json_schema as response_format, and is it strict?';
    await start({ strict: `Invalid image in: '${prompt}'` });
    expect(await ask(SCHEMA, { prompt }).catch((error) => error)).toMatchObject({ code: 'UPSTREAM_STATUS' });
    guarded.elizaNet.fault = { kind: 'none' };
    await ask();
    expect(asked()).toEqual(['strict', 'strict']);
  });

  it('without a schema is json_object, and a refusal of that says nothing of json_schema (LM Studio)', async () => {
    await start({ json_object: "'response_format.type' must be 'json_schema' or 'text'" });
    expect(await ask(null)).toEqual(OBJECT);
    expect(await ask()).toEqual(OBJECT);
    expect(asked()).toEqual(['json_object', 'words alone', 'strict']);
  });

  it('is json_object for a schema that is not one of an object', async () => {
    await start({});
    await ask({ anyOf: [SCHEMA, { type: 'object' }] });
    expect(asked()).toEqual(['json_object']);
  });

  it('of a text in JSON mode steps down too', async () => {
    await start({ json_object: NO_FORMAT });
    const text = await guarded.runtime.useModel('TEXT_SMALL', {
      prompt: 'JSON, please',
      responseFormat: 'json_object',
    });
    expect(text).toBe(JSON.stringify(OBJECT));
    expect(asked()).toEqual(['json_object', 'words alone']);
  });

  it('is an error when the refusal is about something else', async () => {
    await start({ strict: "'messages' must not be empty" });
    expect(await ask().catch((error) => error)).toMatchObject({ code: 'UPSTREAM_STATUS', kind: 'request' });
    expect(asked()).toEqual(['strict']);
  });
});
