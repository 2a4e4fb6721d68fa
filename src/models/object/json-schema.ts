import { isRecord } from '../../core/is-record.js';

/** A JSON Schema; unchecked, so any keyword can have any value. */
export type JsonSchema = Record<string, unknown>;

/** True when the schema's `type` is or contains this type. */
export function describes(schema: JsonSchema, type: string): boolean {
  return Array.isArray(schema.type) ? schema.type.includes(type) : schema.type === type;
}

/** True without a `type`, as in a bare `anyOf` or `$ref`, or in an example object that stands in for a JSON Schema. */
export function isTypeOpen(schema: JsonSchema): boolean {
  return schema.type === undefined;
}

/** Keywords whose values are data, in which `items` is a key like any other. */
const DATA_KEYWORDS = new Set(['default', 'const', 'enum', 'examples']);
const NAMED_SCHEMAS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** True when `items` is a list of schemas somewhere: the tuples of the drafts before 2020-12. */
export function hasListOfItems(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasListOfItems);
  if (!isRecord(schema)) return false;
  return Object.entries(schema).some(([keyword, value]) => {
    if (keyword === 'items' && Array.isArray(value)) return true;
    if (DATA_KEYWORDS.has(keyword)) return false;
    return hasListOfItems(NAMED_SCHEMAS.has(keyword) && isRecord(value) ? Object.values(value) : value);
  });
}

/** A reference whose path changes when the schema is moved. */
const ROOT_REF = /"\$ref":"#(?!\/(?:\$defs|definitions)\/)/;

/**
 * Wraps a schema into an object schema with one key, since response formats have to be objects.
 * @returns undefined when references in it prevent that.
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

/** Keywords that OpenAI's strict mode supports, apart from those that hold sub-schemas. */
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
 * Whether a schema can be sent with `strict: true`: an object schema in which every object forbids additional keys and
 * requires all of its own, with the keywords that OpenAI documents (platform.openai.com, "Structured model outputs",
 * supported schemas).
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
