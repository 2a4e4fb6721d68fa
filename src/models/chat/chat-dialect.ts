import { setBounded } from '../../core/bounded-map.js';
import { UpstreamStatusError } from '../../core/errors.js';
import type { FailureKind } from '../../core/failure-rules.js';
import type { Endpoint } from '../../http/endpoint.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';
import { FormatDialect } from './format-dialect.js';

/** What a refusal has taught. */
export interface Lesson {
  /** Something that was sent was refused, so asking again without it makes sense. */
  askAgain: boolean;
  /** What was not known before, in words for a log line. */
  learnt: readonly string[];
}

const NOTHING: Lesson = { askAgain: false, learnt: [] };

/** Request fields that a model can do without. */
const OPTIONAL_FIELDS = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'user',
  'stream_options',
] as const;
/** Words of everyday language, which count only as the name of a field. */
const EVERYDAY_FIELDS: readonly string[] = ['stop', 'user', 'seed'];
const SYSTEM_MESSAGE = 'system message';

/** Statuses and kinds under which a field is refused; anything else has its own cause. */
const REFUSING_STATUSES: readonly (number | undefined)[] = [400, 422];
const REFUSING_KINDS: readonly FailureKind[] = ['request', 'model_not_found'];

/**
 * How upstreams say that a field is not for this model, as opposed to a value out of range. OpenAI: "Unsupported
 * parameter: 'max_tokens' is not supported with this model", "Unsupported value: 'temperature' does not support 0.2",
 * "Unrecognized request argument supplied: stream_options". LiteLLM: "UnsupportedParamsError: openai does not support
 * parameters: ['seed']", "gpt-5 models don't support temperature=0.2". Pydantic: "Extra inputs are not permitted".
 */
const FIELD_REFUSAL =
  /unsupported|not support|n't support|unrecognized|unknown (?:parameter|argument|field|name)|not (?:permitted|allowed)|cannot both be/i;
/** Claude 4.5: "`temperature` and `top_p` cannot both be specified for this model. Please use only one." */
const ONE_OF_TWO = /cannot both be/i;
/** OpenAI (o1-mini): "'messages[0].role' does not support 'system'"; chat templates (Gemma): "System role not supported". */
const SYSTEM_REFUSAL = /messages\[0\]\.role|system role/i;

const MAX_MODELS = 64;

/**
 * What one model of one endpoint does not take, as its own refusals taught: reasoning models want
 * `max_completion_tokens` and no sampling fields, older ones know no `json_schema`. Nothing is guessed from names, since
 * a LiteLLM alias can stand for any model. Remembered for as long as the endpoint lives.
 */
export class ChatDialect {
  readonly #refused = new Set<string>();
  readonly #formats = new FormatDialect();

  /** @returns the request as this model takes it. */
  adapt(request: ChatRequest): ChatRequest {
    const format = this.#formats.adapt(request.response_format);
    if (this.#refused.size === 0 && format === request.response_format) return request;
    const adapted: ChatRequest = { ...request, response_format: format };
    if (this.#refused.has('max_tokens')) adapted.max_completion_tokens = adapted.max_tokens;
    for (const field of OPTIONAL_FIELDS) if (this.#refused.has(field)) delete adapted[field];
    if (this.#refused.has(SYSTEM_MESSAGE)) adapted.messages = adapted.messages.map(asUserMessage);
    return adapted;
  }

  /**
   * @param error what came of a request.
   * @param sent that request, as `adapt` gave it.
   */
  learn(error: unknown, sent: ChatRequest): Lesson {
    if (!(error instanceof UpstreamStatusError) || !isRefusal(error)) return NOTHING;
    const words = error.upstreamMessage;
    const refused = refusedFields(words, sent);
    if (refused.length === 0) {
      // A field that is named explains a refusal, also when its words speak of formats as well; so those come second.
      const learnt = this.#formats.learn(words, sent.response_format);
      return learnt ? { askAgain: true, learnt } : NOTHING;
    }
    const learnt = refused.filter((field) => !this.#refused.has(field));
    for (const field of refused) this.#refused.add(field);
    return { askAgain: true, learnt };
  }
}

const dialects = new WeakMap<Endpoint, Map<string, ChatDialect>>();

/** The dialect of a endpoint's model, as far as it is known. */
export function dialectOf(endpoint: Endpoint, model: string): ChatDialect {
  let ofEndpoint = dialects.get(endpoint);
  if (!ofEndpoint) {
    ofEndpoint = new Map();
    dialects.set(endpoint, ofEndpoint);
  }
  let dialect = ofEndpoint.get(model);
  if (!dialect) {
    dialect = new ChatDialect();
    setBounded(ofEndpoint, model, dialect, MAX_MODELS);
  }
  return dialect;
}

function isRefusal({ statusCode, kind }: UpstreamStatusError): boolean {
  return REFUSING_STATUSES.includes(statusCode) && REFUSING_KINDS.includes(kind);
}

/** The fields of a request that the upstream names in a refusal. */
function refusedFields(words: string, sent: ChatRequest): readonly string[] {
  if (!FIELD_REFUSAL.test(words)) return [];
  const named = OPTIONAL_FIELDS.filter((field) => sent[field] !== undefined && isNamed(field, words));
  if (ONE_OF_TWO.test(words)) return named.slice(-1);
  const refusesSystem = SYSTEM_REFUSAL.test(words) && sent.messages.some(({ role }) => role === 'system');
  return refusesSystem ? [...named, SYSTEM_MESSAGE] : named;
}

function isNamed(field: string, words: string): boolean {
  if (!EVERYDAY_FIELDS.includes(field)) return new RegExp(`\\b${field}\\b`).test(words);
  const quoted = `['"\`]${field}['"\`]`;
  const announced = `(?:supplied|parameters?|arguments?|fields?):? ${field}\\b`;
  return new RegExp(`${quoted}|${announced}|\\b${field}\\s*[:=]`, 'i').test(words);
}

function asUserMessage(message: ChatMessage): ChatMessage {
  return message.role === 'system' ? { ...message, role: 'user' } : message;
}
