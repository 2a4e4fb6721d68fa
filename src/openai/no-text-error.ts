import type { ElizaNetError } from '../core/elizanet-error.js';
import { ContentPolicyError, OutputLimitError } from '../core/errors.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';

/** What an answer tells beside its text. */
export interface ChatEnding {
  /** One of OpenAI's: `stop`, `length`, `content_filter`, `tool_calls`, and the older `function_call`. */
  finishReason?: string;
  /** The model filled the field `refusal`. */
  refused?: boolean;
  /** The model called tools, though none are offered. */
  calledTools?: boolean;
}

/**
 * The error for an answer without text.
 * @param takesCalls tools were offered: then an answer that ends with calls, and has none that count, is just empty.
 * @returns undefined when the answer does not tell why it has none.
 */
export function noTextError(
  ending: ChatEnding,
  context: RequestContext,
  takesCalls = false,
): ElizaNetError | undefined {
  const { finishReason, refused, calledTools } = ending;
  if (refused || finishReason === 'content_filter') return new ContentPolicyError(context.endpoint.name, context);
  const endsWithCalls = calledTools || finishReason === 'tool_calls' || finishReason === 'function_call';
  if (endsWithCalls && !takesCalls) {
    return invalidResponse('answered with tool calls and no text, though no tools were offered', context);
  }
  if (finishReason === 'length') return new OutputLimitError(context.endpoint.name, context);
  return undefined;
}

/**
 * Finish reasons of an answer that broke off: `error` (Mistral, OpenRouter, vLLM), `abort` (vLLM, SGLang),
 * `network_error` (Zhipu), `insufficient_system_resource` (DeepSeek).
 */
const FAILED_FINISH = /^(?:.{0,40}error|abort(?:ed)?|fail(?:ed|ure)?|timeout|insufficient_system_resource)$/i;

/** @throws {InvalidResponseError} for the finish reason of an answer that broke off: what there is of it is not whole. */
export function assertNotFailed(finishReason: string | null | undefined, context: RequestContext): void {
  if (finishReason && FAILED_FINISH.test(finishReason))
    throw invalidResponse('broke off its answer with an error', context);
}
