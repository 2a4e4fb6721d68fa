import { isRecord } from '../../core/is-record.js';
import type { ResponseFormat } from '../../openai/chat-body.js';
import { allowsStrict, isTypeOpen, type JsonSchema, wrapped } from '../object/json-schema.js';
import { schemaOf } from './schema-of.js';
import { toolNameFor } from './tools/tool-name.js';

export interface ResponseSchema {
  format: ResponseFormat;
  /** What the answer has to match, without the wrapper. */
  schema?: JsonSchema;
  /** The key that the answer travels under, when the schema is not one of an object. */
  key?: string;
}

const KEY = 'result';
const DEFAULT_NAME = 'response';
/** A JSON Schema has one of these at its root, a wrapper around one has none. */
const SCHEMA_KEYWORDS = ['type', 'properties', 'anyOf', 'oneOf', 'allOf', '$ref', 'enum', 'const', 'items'];

/**
 * Reads the `responseSchema` of a call's params: a JSON Schema, a wrapper `{ schema, name?, description? }`, or an Output
 * object of the AI SDK, whose `responseFormat` has the wrapper.
 * @returns undefined when it asks for no JSON.
 * @throws {InvalidInputError} for a schema that is not JSON.
 */
export async function readResponseSchema(given: unknown): Promise<ResponseSchema | undefined> {
  if (!isRecord(given)) return undefined;
  const isOutput = typeof given.responseFormat === 'object' && given.responseFormat !== null;
  const format: unknown = isOutput ? await given.responseFormat : given;
  if (!isRecord(format)) return undefined;
  if (isOutput && format.schema === undefined) {
    return format.type === 'json' ? { format: { type: 'json_object' } } : undefined;
  }
  const isWrapper = isOutput || (isRecord(format.schema) && !SCHEMA_KEYWORDS.some((keyword) => keyword in format));
  const schema = await schemaOf(isWrapper ? format.schema : format);
  if (!schema) return undefined;
  const { name, description } = isWrapper ? format : ({} as Record<string, unknown>);
  const isOfObject = schema.type === 'object' || (isTypeOpen(schema) && isRecord(schema.properties));
  const key = isOfObject ? undefined : KEY;
  const wire = key ? wrapped(schema, key) : schema;
  if (!wire) return { format: { type: 'json_object' }, schema };
  const json_schema = {
    name: (typeof name === 'string' && toolNameFor(name)) || DEFAULT_NAME,
    ...(typeof description === 'string' && description ? { description } : {}),
    schema: wire,
    ...(allowsStrict(wire) ? { strict: true } : {}),
  };
  return { format: { type: 'json_schema', json_schema }, schema, key };
}
