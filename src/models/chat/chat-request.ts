import type { GenerateTextParams } from '@elizaos/core';
import type { ModelContext } from '../context.js';
import type { ImagePart } from './image-parts.js';

/** One message of a chat call. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string | readonly object[];
}

export type ResponseFormat =
  | { type: 'json_object' }
  | { type: 'json_schema'; json_schema: { name: string; schema: unknown; strict?: boolean } };

/** The body of `POST /v1/chat/completions`; only fields that are sent. */
export type ChatRequest = Record<string, unknown> & {
  model: string;
  messages: readonly ChatMessage[];
  response_format?: ResponseFormat;
};

export interface ChatRequestOptions {
  /** Added to the character's system prompt. */
  instructions?: string;
  /** Replaces the format of the params. */
  responseFormat?: ResponseFormat;
}

/** A request with images behind its prompt, the last message. */
export function withImages(request: ChatRequest, images: readonly ImagePart[]): ChatRequest {
  const prompt = request.messages.at(-1);
  if (!prompt || images.length === 0) return request;
  const content = [{ type: 'text', text: prompt.content }, ...images];
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
 * that OpenAI fills by itself; `attachments` (core 2.x) other than images.
 */
export function chatRequest(
  { runtime }: ModelContext,
  model: string,
  params: GenerateTextParams,
  { instructions, responseFormat = responseFormatOf(params.responseFormat) }: ChatRequestOptions = {},
): ChatRequest {
  const { prompt, stopSequences, user } = params;
  const system = [runtime.character?.system, instructions].filter(Boolean).join('\n\n');
  // OpenAI rejects JSON mode unless a message contains the word JSON.
  const asksForJson = /json/i.test(prompt) || /json/i.test(system);
  const systemText = responseFormat && !asksForJson ? `${system}\n\nAnswer in JSON.`.trim() : system;
  const stop = Array.isArray(stopSequences) ? stopSequences.filter((text) => typeof text === 'string' && text) : [];
  // JSON.stringify omits undefined fields.
  return {
    model,
    messages: [
      ...(systemText ? [{ role: 'system' as const, content: systemText }] : []),
      { role: 'user' as const, content: prompt },
    ],
    max_tokens: finite(params.maxTokens),
    temperature: finite(params.temperature),
    top_p: finite(params.topP),
    frequency_penalty: finite(params.frequencyPenalty),
    presence_penalty: finite(params.presencePenalty),
    seed: finite(params.seed),
    stop: stop.length > 0 ? stop : undefined,
    user: typeof user === 'string' && user ? user : undefined,
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
