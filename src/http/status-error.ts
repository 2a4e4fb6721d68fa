import { classifyResponse } from '../core/classify-failure.js';
import { UpstreamStatusError } from '../core/errors.js';
import type { Failure } from '../core/failure-rules.js';
import { isRecord } from '../core/is-record.js';
import { maskSecret } from '../core/mask-secret.js';
import { readStart } from './read-bytes.js';
import type { RequestContext } from './request-context.js';
import type { TransportResponse } from './transport/transport.js';

const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
const UPSTREAM_MESSAGE_CHARS = 500;

/**
 * Reads an error response and makes the error for it. Never throws; the message holds none of the upstream's words.
 */
export async function readStatusError(
  { statusCode, headers, body }: TransportResponse,
  context: RequestContext,
): Promise<UpstreamStatusError> {
  // A body that cannot be read must not hide the status.
  const text = await readStart(body, ERROR_BODY_LIMIT_BYTES).catch(() => '');
  const response = { status: statusCode, headers, body: text };
  const failure = classifyResponse(response, context.endpoint.clock.wallNow(), { request: context.sent });
  return statusError(statusCode, messageIn(text), context, failure);
}

/**
 * Makes the error for a status and the upstream's message, from a response or from an event of a stream.
 * @param failure what the response was classified as.
 */
export function statusError(
  statusCode: number,
  upstreamMessage: string,
  { endpoint, requestId, model, attempt }: RequestContext,
  { kind, retryAfterMs, evidence }: Failure,
): UpstreamStatusError {
  const isUnknownPath = kind === 'request' && (statusCode === 404 || statusCode === 405);
  const advice = isUnknownPath ? endpoint.advice.unknownPath : endpoint.advice.status?.[kind];
  const about = model ? ` for model ${JSON.stringify(model)}` : '';
  const message = `${endpoint.name} answered ${statusCode} (${kind})${about}${advice ? `: ${advice}` : ''}`;
  const shown = maskSecret(upstreamMessage, endpoint.apiKey).slice(0, UPSTREAM_MESSAGE_CHARS);
  const failure = { kind, statusCode, requestId, retryAfterMs, evidence };
  return new UpstreamStatusError(message, failure, shown, { model, attempt });
}

/**
 * The message of an error body. LiteLLM sends `{"error":{"message"}}`, `{"detail":{"error"}}`, `{"detail":"Not Found"}`,
 * or plain text.
 * @param body text, or parsed.
 */
export function messageIn(body: unknown): string {
  const text = typeof body === 'string' ? body : '';
  const parsed = typeof body === 'string' ? parsedOrNone(body) : body;
  if (!isRecord(parsed)) return text;
  const { detail } = parsed;
  const error = parsed.error ?? (isRecord(detail) ? (detail.error ?? detail) : detail) ?? parsed;
  const { message, code } = isRecord(error) ? error : { message: error, code: undefined };
  return typeof message === 'string' ? (typeof code === 'string' ? `${code} ${message}` : message) : text;
}

function parsedOrNone(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
