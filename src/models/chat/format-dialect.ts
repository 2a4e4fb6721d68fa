import { setBounded } from '../../core/bounded-map.js';
import type { ResponseFormat } from './chat-request.js';

/** Ways to ask for JSON, the most binding first. Each is tried when those before it were refused. */
const FORMATS = ['strict json_schema', 'json_schema', 'json_object'] as const;
type Format = (typeof FORMATS)[number];

const FORMAT_REFUSAL = /response[_ ]format|json[_ ](?:schema|object|mode)|structured output|\bstrict\b/i;
/** Which format it is about. Without it the parameter as such is refused, as LiteLLM does for gpt-4. */
const FORMAT_IN_WORDS = /json[_ ](?:schema|object|mode)|\btype\b|schema|structured|\bstrict\b/i;
/** What OpenAI's strict mode asks of a schema, or a server that does not know `strict`. */
const STRICT_REFUSAL = /invalid schema|\bstrict\b|additionalProperties/i;
/** The format is known; this schema (OpenAI), or the model's answer in it (Groq), is the trouble. */
const SCHEMA_REFUSAL = /invalid schema|json_validate_failed|failed to (?:generate|validate) json/i;

const MAX_SCHEMAS = 64;

/** Which response formats one model has refused, for good or for one schema. */
export class FormatDialect {
  readonly #refused = new Set<Format>();
  readonly #refusedForSchema = new Map<string, true>();

  /** @returns the most binding format, at most the wanted one, that was not refused; undefined when words have to do. */
  adapt(wanted: ResponseFormat | undefined): ResponseFormat | undefined {
    const first = formatOf(wanted);
    if (!wanted || !first) return undefined;
    const best = FORMATS.slice(FORMATS.indexOf(first)).find((format) => !this.#isRefused(format, wanted));
    if (best === first) return wanted;
    if (best === 'json_schema' && wanted.type === 'json_schema') {
      const { strict: _, ...lax } = wanted.json_schema;
      return { type: 'json_schema', json_schema: lax };
    }
    return best === 'json_object' ? { type: 'json_object' } : undefined;
  }

  /**
   * @param words the upstream's, of a refusal.
   * @param sent the format that was asked for.
   * @returns what was not known before; undefined when the words are about something else.
   */
  learn(words: string, sent: ResponseFormat | undefined): readonly string[] | undefined {
    const format = formatOf(sent);
    if (!format || !FORMAT_REFUSAL.test(words)) return undefined;
    const refused = refusedFormats(format, words);
    const learnt = refused.filter((name) => !this.#isRefused(name, sent));
    const schema = SCHEMA_REFUSAL.test(words) ? schemaOf(sent) : undefined;
    for (const name of refused) {
      if (schema) setBounded(this.#refusedForSchema, name + schema, true, MAX_SCHEMAS);
      else this.#refused.add(name);
    }
    return schema ? learnt.map((name) => `${name} for one schema`) : learnt;
  }

  #isRefused(format: Format, wanted: ResponseFormat | undefined): boolean {
    if (this.#refused.has(format)) return true;
    return this.#refusedForSchema.size > 0 && this.#refusedForSchema.has(format + schemaOf(wanted));
  }
}

function refusedFormats(sent: Format, words: string): readonly Format[] {
  if (!FORMAT_IN_WORDS.test(words)) return FORMATS;
  return sent === 'strict json_schema' && !STRICT_REFUSAL.test(words) ? [sent, 'json_schema'] : [sent];
}

function formatOf(format: ResponseFormat | undefined): Format | undefined {
  if (format?.type !== 'json_schema') return format?.type;
  return format.json_schema.strict ? 'strict json_schema' : 'json_schema';
}

function schemaOf(format: ResponseFormat | undefined): string | undefined {
  return format?.type === 'json_schema' ? JSON.stringify(format.json_schema.schema) : undefined;
}
