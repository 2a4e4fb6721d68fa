import { ContentPolicyError, type ElizaNetError, OutputLimitError } from '../core/errors.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';

/** What is known of an answer beside its text. */
export interface ChatEnding {
  /** OpenAI's words: `stop`, `length`, `content_filter`, `tool_calls`, and `function_call` of old. */
  finishReason?: string;
  /** The model said, in the field for it, that it refuses to answer. */
  refused?: boolean;
  /** The model called tools. None are ever offered. */
  calledTools?: boolean;
}

/** Why an answer has no text, where it says so. @returns undefined when it does not. */
export function noTextError(ending: ChatEnding, context: RequestContext): ElizaNetError | undefined {
  const { finishReason, refused, calledTools } = ending;
  if (refused || finishReason === 'content_filter') return new ContentPolicyError(context.endpoint.name, context);
  if (calledTools || finishReason === 'tool_calls' || finishReason === 'function_call') {
    return invalidResponse('answered with tool calls and no text, though no tools were offered', context);
  }
  if (finishReason === 'length') return new OutputLimitError(context.endpoint.name, context);
  return undefined;
}
