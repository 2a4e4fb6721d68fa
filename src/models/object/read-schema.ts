import { InvalidInputError } from '../../core/errors.js';
import { isRecord } from '../../core/is-record.js';
import { type Check, jsonSchemaCheck } from './check-json-schema.js';
import type { JsonSchema } from './json-schema.js';
import { asZodSchema, jsonSchemaOf, zodCheck } from './zod-schema.js';

/** A schema that was given, and the check of values against it. */
export interface GivenSchema {
  /** Undefined where none was given, or zod's cannot be expressed in JSON Schema. */
  schema?: JsonSchema;
  check: Check;
  /** Name of the error that keeps the schema from being compiled; then every value passes. */
  uncheckable?: Promise<string | undefined>;
}

/**
 * Reads a JSON Schema or a zod schema. Anything else passes every value.
 * @throws {InvalidInputError} for a schema that is not JSON.
 */
export async function readSchema(given: unknown): Promise<GivenSchema> {
  const takeAll: Check = async (value) => ({ value });
  if (!isRecord(given)) return { check: takeAll };
  const zod = asZodSchema(given);
  if (zod) {
    const schema = await jsonSchemaOf(zod).then(asJson, () => undefined);
    return { schema, check: zodCheck(zod, schema) };
  }
  const schema = asJson(given);
  // Compiled while the request is under way: the first time, ajv itself has to be loaded.
  const compiled = jsonSchemaCheck(schema);
  const uncheckable = compiled.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  return { schema, uncheckable, check: async (value) => ((await uncheckable) ? { value } : (await compiled)(value)) };
}

/** A copy, so that later changes of the caller's object have no effect. */
function asJson(schema: object): JsonSchema {
  try {
    const { $schema: _, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonSchema;
    return rest;
  } catch {
    throw new InvalidInputError('schema must be a JSON Schema or a zod schema; it cannot be written as JSON');
  }
}
