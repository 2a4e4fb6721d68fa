import type { Dialect } from '../dialect/ask-in-dialect.js';
import { FIELD_REFUSAL, mentions, namesAsField } from '../dialect/named-field.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';
import { adaptFormat, isAboutSchema, refusedFormats } from './format-dialect.js';

/** Fields that can be left out of a chat request. */
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
const EVERYDAY_FIELDS: readonly string[] = ['stop', 'user', 'seed'];
const SYSTEM_MESSAGE = 'system message';

/** Claude 4.5: "`temperature` and `top_p` cannot both be specified for this model. Please use only one." */
const ONE_OF_TWO = /cannot both be/;
/** OpenAI (o1-mini): "'messages[0].role' does not support 'system'"; chat templates (Gemma): "System role not supported". */
const SYSTEM_REFUSAL = /messages\[0\]\.role|system role/;

/**
 * Chat requests. Reasoning models support `max_completion_tokens` and no sampling fields, some models no system message,
 * and older ones not every response format.
 */
export const chatDialect: Dialect<ChatRequest> = {
  adapt(request, isRefused) {
    const adapted: ChatRequest = { ...request, response_format: adaptFormat(request.response_format, isRefused) };
    if (isRefused('max_tokens')) adapted.max_completion_tokens = adapted.max_tokens;
    for (const field of OPTIONAL_FIELDS) if (isRefused(field)) delete adapted[field];
    if (isRefused(SYSTEM_MESSAGE)) adapted.messages = adapted.messages.map(asUserMessage);
    return adapted;
  },

  refusedFeatures(words, sent, request) {
    const fields = refusedFields(words, sent);
    const formats = refusedFormats(words, sent.response_format, request.response_format);
    // A field that is named explains a refusal, even one that mentions formats as well.
    return fields.length === 0 || (formats.length > 0 && isAboutSchema(words)) ? formats : fields;
  },
};

function refusedFields(words: string, sent: ChatRequest): readonly string[] {
  if (!FIELD_REFUSAL.test(words)) return [];
  const named = OPTIONAL_FIELDS.filter((field) => sent[field] !== undefined && isNamed(field, words));
  if (ONE_OF_TWO.test(words)) return named.slice(-1);
  const refusesSystem = SYSTEM_REFUSAL.test(words) && sent.messages.some(({ role }) => role === 'system');
  return refusesSystem ? [...named, SYSTEM_MESSAGE] : named;
}

function isNamed(field: string, words: string): boolean {
  return EVERYDAY_FIELDS.includes(field) ? namesAsField(words, field) : mentions(words, field);
}

function asUserMessage(message: ChatMessage): ChatMessage {
  return message.role === 'system' ? { ...message, role: 'user' } : message;
}
