import type { ObjectGenerationParams } from '@elizaos/core';
import { isRecord } from '../../core/is-record.js';
import type { ResponseFormat } from '../../openai/chat-body.js';
import { validateInput } from '../validate-input.js';
import type { Check } from './check-json-schema.js';
import { allowsStrict, type JsonSchema, wrapped } from './json-schema.js';
import { readShape } from './object-shape.js';
import { makePlain } from './plain-data.js';

/** What a caller of OBJECT_SMALL or OBJECT_LARGE asks for, and how the model is asked for it. */
export interface ObjectSpec {
  /** For the system prompt. */
  instructions: string;
  /** The most binding format that carries the schema. */
  responseFormat: ResponseFormat;
  /** Checks JSON of the model. Keys that endanger other objects are deleted from it. */
  check: Check;
  /** The answer may also be bare text, which then is the value. */
  takesText: boolean;
  /** Name of the error that keeps the schema from being compiled; then answers are not checked against it. */
  uncheckable?: Promise<string | undefined>;
}

/**
 * Reads the params of an object call.
 * @throws {InvalidInputError} for a schema that is not JSON or is too long, and for `output: 'enum'` without values.
 */
export async function readObjectSpec(params: ObjectGenerationParams, maxLength: number): Promise<ObjectSpec> {
  const { schema, key, check, uncheckable } = await readShape(params);
  const wire = schema && (key ? wrapped(schema, key) : schema);
  return {
    instructions: instructionsFor(schema, key, wire, maxLength),
    responseFormat: formatFor(wire),
    takesText: params.output === 'enum',
    uncheckable,
    async check(answer) {
      const unsafe = makePlain(answer);
      if (unsafe) return { problems: [unsafe] };
      return check(key && isRecord(answer) && Object.hasOwn(answer, key) ? answer[key] : answer);
    },
  };
}

function formatFor(wire: JsonSchema | undefined): ResponseFormat {
  if (wire?.type !== 'object') return { type: 'json_object' };
  const strict = allowsStrict(wire) ? { strict: true } : {};
  return { type: 'json_schema', json_schema: { name: 'answer', schema: wire, ...strict } };
}

/** The prompt has the schema even where the format carries it: some servers ignore a format that they do not know. */
function instructionsFor(
  schema: JsonSchema | undefined,
  key: string | undefined,
  wire: JsonSchema | undefined,
  maxLength: number,
): string {
  const one = 'Answer with a single JSON object and nothing else.';
  const under = `It has the single key "${key}"`;
  if (!schema) return key ? `${one}\n${under}, which holds a list.` : one;
  const subject = wire ? 'It' : `${under}, whose value`;
  const text = validateInput(JSON.stringify(wire ?? schema), 'schema', maxLength);
  return `${one}\n${subject} has to match this JSON Schema:\n${text}`;
}
