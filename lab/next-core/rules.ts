import { isPlain } from './plain-data.js';

const RETRYABLE_STATUS: readonly unknown[] = [429, 500, 502, 503, 504, 529];
const RETRYABLE_CODES: readonly unknown[] = ['LOCAL_INFERENCE_UNAVAILABLE', 'MODEL_PROVIDER_RETRY_BUDGET_EXHAUSTED'];
const RETRYABLE_WORDS =
  /rate limit|overloaded|session limit|usage limit|timeout|timed out|unavailable|bad gateway|econnreset|socket hang up|network error|fetch failed/i;
const CUT =
  /^(?:length|max_tokens|max_output_tokens|max_completion_tokens|stop_length|stopped_limit|token_limit|output_limit|content_filter|error)$/;

/** Whether core asks the next registration after this error. */
export function isRetryable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { lastError, errors, code, status, statusCode, name, message } = error as Record<string, unknown>;
  const inner = lastError ?? (Array.isArray(errors) ? errors.at(-1) : undefined);
  if (inner) return isRetryable(inner);
  if (RETRYABLE_CODES.includes(code)) return true;
  if (error instanceof TypeError || name === 'AbortError' || code === 'MODEL_OUTPUT_INCOMPLETE') return false;
  const shown = statusCode ?? status;
  if (typeof shown === 'number') return RETRYABLE_STATUS.includes(shown);
  return RETRYABLE_WORDS.test(`${name} ${message}`);
}

export interface StreamLike {
  textStream: AsyncIterable<string>;
  text: Promise<string>;
  usage: Promise<unknown>;
  finishReason: Promise<unknown>;
  toolCalls?: Promise<unknown>;
  providerMetadata?: unknown;
}

export function isStream(value: unknown): value is StreamLike {
  if (typeof value !== 'object' || value === null) return false;
  return ['textStream', 'text', 'usage', 'finishReason'].every((key) => key in value);
}

/** Whether a result of a text type is one. */
export function isUsable(value: unknown): boolean {
  return typeof value === 'string' || isStream(value) || (isPlain(value) && typeof value.text === 'string');
}

/** @throws for an answer that its provider has cut. */
export function assertComplete(answer: unknown): void {
  const { finishReason } = (answer ?? {}) as { finishReason?: unknown };
  if (typeof finishReason !== 'string') return;
  if (!CUT.test(finishReason.toLowerCase().replace(/[^a-z0-9]+/g, '_'))) return;
  throw Object.assign(new Error(`The model's output is incomplete: ${finishReason}`), {
    code: 'MODEL_OUTPUT_INCOMPLETE',
  });
}
