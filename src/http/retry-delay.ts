import type { Random } from '../core/clock.js';
import { UpstreamConnectionError, UpstreamStatusError } from '../core/errors.js';

/** Times a request is sent at most, whatever for. */
export const MAX_SENDS = 2;
/** The wait before a retry is spread over this long, all of it, so that those who failed together come back apart. */
const JITTER_MS = 500;
/** A stated wait up to this long is worth waiting for; beyond it the failure is reported. */
const SHORT_RETRY_AFTER_MS = 2_000;
const TRANSIENT_STATUSES = [502, 503, 504];

/**
 * Whether a failure is likely to be gone in a moment: a connection lost before any byte of the answer, a gateway's
 * 502, 503 or 504, a short Retry-After. One that could not even be made, or broke in the middle, is not.
 * @returns how long to wait before the request is sent again, in milliseconds; undefined when it should not be.
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
