import { z } from 'zod';
import { isRecord } from '../core/is-record.js';

/** Tokens used. Counts that the server does not report are absent. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Of the prompt: read from the provider's cache. */
  cache_read_tokens?: number;
  /** Of the prompt: written to the provider's cache. */
  cache_creation_tokens?: number;
  /** Of the completion: spent on reasoning. */
  reasoning_tokens?: number;
}

const count = z.number().optional().catch(undefined);
const details = z
  .object({ cached_tokens: count, cache_creation_tokens: count, reasoning_tokens: count })
  .nullish()
  .catch(null);

/** A malformed count does not make the answer invalid. */
const usage = z
  .object({
    prompt_tokens: z.number().default(0),
    completion_tokens: z.number().default(0),
    total_tokens: z.number().default(0),
    prompt_tokens_details: details,
    completion_tokens_details: details,
    // LiteLLM's names for Anthropic's counts.
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
  })
  .transform((counted): Usage => {
    const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details: prompt } = counted;
    const read = prompt?.cached_tokens ?? counted.cache_read_input_tokens;
    const created = counted.cache_creation_input_tokens ?? prompt?.cache_creation_tokens;
    const reasoning = counted.completion_tokens_details?.reasoning_tokens;
    return {
      prompt_tokens,
      completion_tokens,
      total_tokens,
      ...(read === undefined ? {} : { cache_read_tokens: read }),
      ...(created === undefined ? {} : { cache_creation_tokens: created }),
      ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
    };
  })
  .nullish()
  .catch(null);

/** A text beside the answer. Anything else in its place is ignored. */
const remark = z.string().nullish().catch(null);

/** The text of a message: a string, or a list of typed parts (Mistral), of which only text is kept, not thinking. */
const content = z
  .union([z.string(), z.array(z.unknown()).transform((parts) => parts.map(textOfPart).join(''))])
  .nullish();

function textOfPart(part: unknown): string {
  if (!isRecord(part)) return '';
  const { type, text } = part;
  return (type === 'text' || type === 'output_text') && typeof text === 'string' ? text : '';
}

/** A message, or a part of one. Only `content` is the answer; `reasoning_content` and the like are not read. */
const message = z.object({
  role: remark,
  content,
  refusal: remark,
  /** LiteLLM moves the refusal here. In streams it drops it. */
  provider_specific_fields: z.object({ refusal: remark }).nullish().catch(null),
  tool_calls: z.unknown().optional(),
  /** The older form, of one call. */
  function_call: z.unknown().optional(),
});

export type Message = z.output<typeof message>;

/** True when the model filled one of the fields for a refusal. */
export function isRefused({ refusal, provider_specific_fields }: Message): boolean {
  return !!(refusal || provider_specific_fields?.refusal);
}

/** True for a message, or a part of one, that calls tools. */
export function callsTools({ tool_calls, function_call }: Message): boolean {
  return (Array.isArray(tool_calls) && tool_calls.length > 0) || isRecord(function_call);
}

/** Tokens used, as the image and audio APIs report them. Some report seconds instead, which are ignored. */
const mediaUsage = z
  .object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() })
  .transform(
    (counted): Usage => ({
      prompt_tokens: counted.input_tokens,
      completion_tokens: counted.output_tokens,
      total_tokens: counted.total_tokens,
    }),
  )
  .nullish()
  .catch(undefined);

/** `POST /v1/chat/completions`. LiteLLM leaves `choices` out when the upstream sent none; that is no answer. */
export const chatCompletion = z.object({
  choices: z.array(z.object({ message, finish_reason: remark })).min(1),
  usage,
});

const chunkChoice = z.object({
  index: z.number().nullish().catch(null),
  delta: message.nullish(),
  /** The whole message, from a server that cannot stream. */
  message: message.nullish(),
  finish_reason: remark,
});

/** One event of a chat stream. The event with `usage` may have no choices, or a choice without a delta. */
export const chatCompletionChunk = z.object({
  model: remark,
  choices: z.array(chunkChoice).nullish(),
  usage,
});

export type ChatChunk = z.output<typeof chatCompletionChunk>;

/** `POST /v1/embeddings`. The vectors are checked one by one, in embedding-vectors.ts. */
export const embeddingList = z.object({
  data: z.array(z.object({ embedding: z.unknown(), index: z.number().nullish() })).min(1),
  usage,
});

/** `POST /v1/images/generations`. LiteLLM sends every field, missing ones as null. */
export const imageList = z.object({
  data: z
    .array(
      z
        .object({ url: z.string().nullish(), b64_json: z.string().nullish(), revised_prompt: z.string().nullish() })
        .refine((image) => image.url || image.b64_json),
    )
    .min(1),
  usage: mediaUsage,
});

export type ImageEntry = z.output<typeof imageList>['data'][number];

/** `POST /v1/audio/transcriptions`. LiteLLM answers in JSON for every `response_format`. Silence is an empty text. */
export const transcription = z.object({ text: z.string(), usage: mediaUsage });

/** `GET /v1/models`. */
export const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });
