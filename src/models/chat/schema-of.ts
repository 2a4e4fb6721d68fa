import { InvalidInputError } from '../../core/errors.js';
import { isRecord } from '../../core/is-record.js';
import type { JsonSchema } from '../object/json-schema.js';
import { asZodSchema, jsonSchemaOf } from '../object/zod-schema.js';

/**
 * The JSON Schema in what a caller gives as one: itself, the AI SDK's wrapper `{ jsonSchema }`, or a zod schema.
 * @returns undefined for anything else.
 * @throws {InvalidInputError} for a schema that is not JSON.
 */
export async function schemaOf(given: unknown): Promise<JsonSchema | undefined> {
  const zod = asZodSchema(given);
  if (zod) {
    // Keywords that strict mode does not know make it refuse the schema.
    const { $schema: _, ...schema } = await jsonSchemaOf(zod);
    return schema;
  }
  if (!isRecord(given)) return undefined;
  const schema: unknown = 'jsonSchema' in given ? await given.jsonSchema : given;
  if (!isRecord(schema)) return undefined;
  try {
    JSON.stringify(schema);
  } catch {
    throw new InvalidInputError('a schema cannot be written as JSON');
  }
  return schema;
}
