import type { Random } from '../core/clock.js';
import { UpstreamConnectionError, UpstreamStatusError } from '../core/errors.js';

/** How often a request is sent at most. */
export const MAX_SENDS = 2;
/** Full jitter: a retry waits a random part of this, so that calls that failed together are retried apart. */
const JITTER_MS = 500;
/** The longest Retry-After that is waited for. */
const SHORT_RETRY_AFTER_MS = 2_000;
const TRANSIENT_STATUSES = [502, 503, 504];

/**
 * How long to wait before a failed request is sent again. Worth a retry are a connection lost before any byte of the
 * answer, a 502, 503 or 504, and a short Retry-After; a connection that could not be made, or broke within the answer, is
 * not.
 * @returns milliseconds; undefined when the request is not to be retried.
 */
export function retryDelayMs(error: unknown, random: Random): number | undefined {
  const jitterMs = random() * JITTER_MS;
  if (error instanceof UpstreamConnectionError) return error.phase === 'response' ? jitterMs : undefined;
  if (!(error instanceof UpstreamStatusError)) return undefined;
  const { statusCode = 0, kind, retryAfterMs } = error;
  const isTransient = TRANSIENT_STATUSES.includes(statusCode);
  if (retryAfterMs === undefined) return isTransient ? jitterMs : undefined;
  const isShort = retryAfterMs <= SHORT_RETRY_AFTER_MS;
  return isShort && (isTransient || kind === 'rate_limit') ? retryAfterMs + jitterMs : undefined;
}
