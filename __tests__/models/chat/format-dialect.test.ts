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

const ask = (schema: object | null = SCHEMA) =>
  guarded.runtime.useModel('OBJECT_SMALL', { prompt: 'Who answers?', schema: schema as never });
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
        '[ElizaNet] gpt-4o-mini does not support strict json_schema for one schema; later requests leave it out',
      ),
    );
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
