import type { ChatMessage, ChatRequest } from '../../openai/chat-body.js';
import type { Dialect } from '../dialect/ask-in-dialect.js';
import { FIELD_REFUSAL, mentions, namesAsField } from '../dialect/named-field.js';
import { adaptFormat, formatInWords, isAboutSchema, refusedFormats } from './format-dialect.js';
import { adaptTools, isAboutToolSchema, refusedToolFeatures } from './tools/tool-dialect.js';

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
const SYSTEM_REFUSAL = /messages\[(\d{1,9})\]\.role|system role/;

/**
 * Chat requests. Reasoning models support `max_completion_tokens` and no sampling fields, some models no system message
 * and no tools, and older ones not every response format.
 */
export const chatDialect: Dialect<ChatRequest> = {
  adapt(request, isRefused) {
    const response_format = adaptFormat(request.response_format, isRefused);
    const adapted: ChatRequest = { ...adaptTools(request, isRefused), response_format };
    adapted.messages = formatInWords(adapted.messages, request.response_format, response_format);
    if (isRefused('max_tokens')) adapted.max_completion_tokens = adapted.max_tokens;
    for (const field of OPTIONAL_FIELDS) if (isRefused(field)) delete adapted[field];
    if (isRefused(SYSTEM_MESSAGE)) adapted.messages = adapted.messages.map(asUserMessage);
    return adapted;
  },

  refusedFeatures(words, sent, request) {
    const tools = refusedToolFeatures(words, sent);
    if (sent.tools && isAboutToolSchema(words)) return tools;
    const fields = refusedFields(words, sent);
    if (tools.length > 0) return [...tools, ...fields];
    const formats = refusedFormats(words, sent.response_format, request.response_format);
    // A field that is named explains a refusal, even one that mentions formats as well.
    return fields.length === 0 || (formats.length > 0 && isAboutSchema(words)) ? formats : fields;
  },
};

function refusedFields(words: string, sent: ChatRequest): readonly string[] {
  if (!FIELD_REFUSAL.test(words)) return [];
  const named = OPTIONAL_FIELDS.filter((field) => sent[field] !== undefined && isNamed(field, words));
  if (ONE_OF_TWO.test(words)) return named.slice(-1);
  return refusesSystem(words, sent) ? [...named, SYSTEM_MESSAGE] : named;
}

/** Other roles can be refused by their place as well. */
function refusesSystem(words: string, { messages }: ChatRequest): boolean {
  const [found, place] = SYSTEM_REFUSAL.exec(words) ?? [];
  if (found === undefined) return false;
  return messages.some((message, index) => isSystem(message) && (place === undefined || index === Number(place)));
}

function isSystem({ role }: ChatMessage): boolean {
  return role === 'system';
}

function isNamed(field: string, words: string): boolean {
  return EVERYDAY_FIELDS.includes(field) ? namesAsField(words, field) : mentions(words, field);
}

function asUserMessage(message: ChatMessage): ChatMessage {
  return isSystem(message) ? { ...message, role: 'user' } : message;
}
