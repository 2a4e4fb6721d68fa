import { isRecord } from '../../core/is-record.js';

/** A JSON Schema, as far as it is looked into here. */
export type JsonSchema = Record<string, unknown>;

/** True when a schema says of itself that it describes this type. */
export function describes(schema: JsonSchema, type: string): boolean {
  return Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;
}

/** The type is left open, as by a bare `anyOf` or `$ref`; or the "schema" is an example rather than a JSON Schema. */
export function isTypeOpen(schema: JsonSchema): boolean {
  return schema.type === undefined;
}

/** Points into the document by a path that a wrapper would change. */
const ROOT_REF = /"\$ref":"#(?!\/(?:\$defs|definitions)\/)/;

/**
 * Puts a schema under a key of an object, since response formats have to be objects.
 * @returns undefined when it cannot be moved.
 */
export function wrapped(schema: JsonSchema, key: string): JsonSchema | undefined {
  if (ROOT_REF.test(JSON.stringify(schema))) return undefined;
  const { $defs, definitions, ...inner } = schema;
  return {
    type: 'object',
    properties: { [key]: inner },
    required: [key],
    additionalProperties: false,
    ...($defs ? { $defs } : {}),
    ...(definitions ? { definitions } : {}),
  };
}

/** What OpenAI's strict mode takes, beside the sub-schemas that are looked into one by one. */
const STRICT_KEYWORDS = new Set([
  'type',
  'title',
  'description',
  'enum',
  'const',
  '$ref',
  'required',
  'additionalProperties',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
]);

/**
 * Whether a schema may be sent with `strict: true`: an object whose every object forbids other keys and requires all of
 * its own, built of the keywords that OpenAI documents for it (platform.openai.com, "Structured model outputs", supported schemas).
 */
export function allowsStrict(schema: JsonSchema): boolean {
  return schema.type === 'object' && schema.anyOf === undefined && isStrict(schema);
}

function isStrict(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  if (!['type', 'anyOf', '$ref', 'const'].some((keyword) => keyword in schema)) return false;
  for (const [keyword, value] of Object.entries(schema)) {
    if (STRICT_KEYWORDS.has(keyword)) continue;
    if (keyword === 'properties' || keyword === '$defs' || keyword === 'definitions') {
      if (!isRecord(value) || !Object.values(value).every(isStrict)) return false;
    } else if (keyword === 'items') {
      if (!isStrict(value)) return false;
    } else if (keyword === 'anyOf') {
      if (!Array.isArray(value) || !value.every(isStrict)) return false;
    } else return false;
  }
  return !describes(schema, 'object') || isClosed(schema);
}

function isClosed({ properties = {}, required, additionalProperties }: JsonSchema): boolean {
  if (additionalProperties !== false || !isRecord(properties)) return false;
  const names = Object.keys(properties);
  return names.length === 0 || (Array.isArray(required) && names.every((name) => required.includes(name)));
}
