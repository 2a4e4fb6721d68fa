import type { ChatMessage, ResponseFormat } from '../../openai/chat-body.js';
import { GENERATION_FAILED } from '../dialect/ask-in-dialect.js';
import { withInstructions } from './with-instructions.js';

/** Ways to ask for JSON, the most binding first. Each is used when those before it are refused. */
const FORMATS = ['strict json_schema', 'json_schema', 'json_object'] as const;
type Format = (typeof FORMATS)[number];

const FORMAT_REFUSAL = /response[_ ]format|json[_ ](?:schema|object|mode)|structured output|\bstrict\b/;
/** The refusal is about one format. Without such a word the parameter as such is refused, as LiteLLM does for gpt-4. */
const FORMAT_IN_WORDS = /json[_ ](?:schema|object|mode)|\btype\b|schema|structured|\bstrict\b/;
/** What OpenAI's strict mode requires of a schema, or a server that does not know `strict`. */
const STRICT_REFUSAL = /invalid schema|\bstrict\b|additionalproperties/;
/** OpenAI: the format is supported, this schema is not. */
const SCHEMA_REFUSAL = /invalid schema/;

/** True for a refusal about the schema or the answer to it, which can quote names of both. */
export function isAboutSchema(words: string): boolean {
  return SCHEMA_REFUSAL.test(words) || GENERATION_FAILED.test(words);
}

/**
 * @returns the most binding format, at most the one that is wanted, that is not refused; undefined when the prompt alone
 *   has to ask for JSON.
 */
export function adaptFormat(
  wanted: ResponseFormat | undefined,
  isRefused: (feature: string) => boolean,
): ResponseFormat | undefined {
  const first = formatOf(wanted);
  if (!wanted || !first) return undefined;
  const best = FORMATS.slice(FORMATS.indexOf(first)).find(
    (format) => !isRefused(format) && !isRefused(forSchema(format, wanted)),
  );
  if (best === first) return wanted;
  if (best === 'json_schema' && wanted.type === 'json_schema') {
    const { strict: _, ...lax } = wanted.json_schema;
    return { type: 'json_schema', json_schema: lax };
  }
  return best === 'json_object' ? { type: 'json_object' } : undefined;
}

/** Tells the schema that is wanted in words where the format that is sent does not carry it, unless they tell it already. */
export function formatInWords(
  messages: readonly ChatMessage[],
  wanted: ResponseFormat | undefined,
  sent: ResponseFormat | undefined,
): readonly ChatMessage[] {
  if (wanted?.type !== 'json_schema' || sent?.type === 'json_schema') return messages;
  const schema = JSON.stringify(wanted.json_schema.schema);
  const isTold = messages.some(({ content }) => typeof content === 'string' && content.includes(schema));
  return isTold ? messages : withInstructions(messages, schemaInstructions(schema));
}

/** @param schema as JSON text. */
export function schemaInstructions(schema: string): string {
  return `Answer with a single JSON object and nothing else.\nIt has to match this JSON Schema:\n${schema}`;
}

/**
 * The formats that a refusal is about, as features: for every schema, or for the one that is wanted.
 * @param sent the format that was refused.
 * @param wanted the format that it was adapted from.
 */
export function refusedFormats(
  words: string,
  sent: ResponseFormat | undefined,
  wanted: ResponseFormat | undefined,
): readonly string[] {
  const format = formatOf(sent);
  if (!format || !wanted) return [];
  if (GENERATION_FAILED.test(words)) return withoutStrict(format).map((name) => forSchema(name, wanted));
  if (!FORMAT_REFUSAL.test(words)) return [];
  if (!FORMAT_IN_WORDS.test(words)) return FORMATS;
  const refused = STRICT_REFUSAL.test(words) ? [format] : withoutStrict(format);
  return SCHEMA_REFUSAL.test(words) ? refused.map((name) => forSchema(name, wanted)) : refused;
}

/** A format, and the one that is the same without `strict`. */
function withoutStrict(format: Format): readonly Format[] {
  return format === 'strict json_schema' ? [format, 'json_schema'] : [format];
}

function formatOf(format: ResponseFormat | undefined): Format | undefined {
  if (format?.type !== 'json_schema') return format?.type;
  return format.json_schema.strict ? 'strict json_schema' : 'json_schema';
}

/** A format with the schema that is wanted, or with none. */
function forSchema(format: Format, wanted: ResponseFormat): string {
  if (wanted.type !== 'json_schema') return `${format} (without a schema)`;
  return `${format} (for one schema)\n${JSON.stringify(wanted.json_schema.schema)}`;
}
