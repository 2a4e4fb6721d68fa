import type { ChatRequest, ImagePart, ResponseFormat } from '../../openai/chat-body.js';
import type { ModelContext } from '../context.js';
import { type Conversation, promptAlone, textOf } from './messages/conversation.js';
import type { TextParams } from './text-params.js';
import type { OfferedTools } from './tools/read-tools.js';

export interface ChatRequestOptions {
  /** @default the prompt of the params alone */
  conversation?: Conversation;
  /** Added to the system prompt. */
  instructions?: string;
  /** Replaces the format of the params. */
  responseFormat?: ResponseFormat;
  offered?: OfferedTools;
}

/** A request with images behind its prompt, the last message. */
export function withImages(request: ChatRequest, images: readonly ImagePart[]): ChatRequest {
  const prompt = request.messages.at(-1);
  if (typeof prompt?.content !== 'string' || images.length === 0) return request;
  const content = [{ type: 'text' as const, text: prompt.content }, ...images];
  return { ...request, messages: [...request.messages.slice(0, -1), { ...prompt, content }] };
}

/** The name of the upstream's model for small or large calls. */
export function chatModel({ config }: ModelContext, size: 'SMALL' | 'LARGE'): string {
  return size === 'SMALL' ? config.ELIZANET_SMALL_MODEL : config.ELIZANET_LARGE_MODEL;
}

/**
 * Builds the request of a chat call field by field: the fields of OpenAI's API that the params set.
 *
 * Not sent: `minTokens`, `topK`, `minP` and `repetitionPenalty`, sampling parameters of local engines that OpenAI rejects
 * with a 400 and that were chosen for the primary's model; `promptSegments` (core 2.x), which repeat the prompt for caches
 * that OpenAI fills by itself; `attachments` (core 2.x) other than images; and what `TextParams` does not read.
 */
export function chatRequest(
  { runtime }: Pick<ModelContext, 'runtime'>,
  model: string,
  params: TextParams,
  { conversation = promptAlone(params, runtime.character?.system), ...options }: ChatRequestOptions = {},
): ChatRequest {
  const { stopSequences, user } = params;
  const { instructions, offered, responseFormat = responseFormatOf(params.responseFormat) } = options;
  const { messages } = conversation;
  const system = [conversation.system, instructions].filter(Boolean).join('\n\n');
  // OpenAI rejects JSON mode unless a message contains the word JSON.
  const isJsonMode = responseFormat && (responseFormat.type === 'json_object' || !options.responseFormat);
  const asksForJson = () => /json/i.test(system) || messages.some((message) => /json/i.test(textOf(message)));
  const systemText = isJsonMode && !asksForJson() ? `${system}\n\nAnswer in JSON.`.trim() : system;
  const stop = Array.isArray(stopSequences) ? stopSequences.filter((text) => typeof text === 'string' && text) : [];
  // JSON.stringify omits undefined fields.
  return {
    model,
    messages: [...(systemText ? [{ role: 'system' as const, content: systemText }] : []), ...messages],
    max_tokens: params.omitMaxTokens === true ? undefined : finite(params.maxTokens),
    temperature: finite(params.temperature),
    top_p: finite(params.topP),
    frequency_penalty: finite(params.frequencyPenalty),
    presence_penalty: finite(params.presencePenalty),
    seed: finite(params.seed),
    stop: stop.length > 0 ? stop : undefined,
    user: typeof user === 'string' && user ? user : undefined,
    tools: offered?.tools,
    tool_choice: offered?.choice,
    response_format: responseFormat,
  };
}

/** Undefined for text, which is the default, and for formats that OpenAI's API does not have. */
function responseFormatOf(format: unknown): ResponseFormat | undefined {
  const { type, json_schema } = (typeof format === 'string' ? { type: format } : (format ?? {})) as Record<
    string,
    unknown
  >;
  if (type === 'json_object') return { type };
  if (type !== 'json_schema' || typeof json_schema !== 'object' || json_schema === null) return undefined;
  const { name, schema, strict } = json_schema as Record<string, unknown>;
  if (typeof name !== 'string' || schema === undefined) return undefined;
  return { type, json_schema: { name, schema, ...(strict === true ? { strict } : {}) } };
}

/** Params from core's settings can be NaN: core converts their text with `Number`. */
function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
