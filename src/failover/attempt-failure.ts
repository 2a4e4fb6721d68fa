import { classifyFailure, withWire } from '../core/classify-failure.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import { ProviderTimeoutError } from '../core/errors.js';
import type { Failure, Silence } from '../core/failure-rules.js';
import type { LearnedWait } from '../core/learned-wait.js';
import type { TargetHabits } from './target-habits.js';

/** What an attempt knows that says more of its failure. */
interface Attempted {
  /** Set while its requests show that it is failing. */
  readonly wireFailure: Failure | undefined;
  /** One of its requests was answered with a good status. */
  readonly hasResponse: boolean;
  readonly habits: TargetHabits;
  readonly firstOutput: LearnedWait;
}

/**
 * Classifies the error that ended an attempt, completed by the failure that the wire showed.
 * @param params of the call. Their text is ignored where the error quotes it.
 * @param now milliseconds since the epoch.
 */
export function attemptFailure(attempt: Attempted, error: unknown, params: unknown, now: number): Failure {
  const failure = withWire(classifyFailure(error, now, { request: params }), attempt.wireFailure);
  const silence = silenceOf(attempt, error);
  if (silence) return { ...failure, silence };
  // The answer came and could not be read: it was not of the shape that the API promises. Without an answer, a
  // TypeError would be a bug in the caller.
  const unreadable = failure.kind === 'unknown' && attempt.hasResponse && isTypeError(error);
  return unreadable ? { ...failure, kind: 'server' } : failure;
}

/** Set for an error that says that nothing came in time, before the first output or between two chunks. */
function silenceOf({ habits, firstOutput }: Attempted, error: unknown): Silence | undefined {
  const timeout = isElizaNetError(error) && error.code === 'STREAM_INTERRUPTED' ? error.cause : error;
  if (!(timeout instanceof ProviderTimeoutError) || timeout.code !== 'PROVIDER_TIMEOUT') return undefined;
  const { usualMs } = timeout.phase === 'body' ? habits.chunkGap : firstOutput;
  return { ms: timeout.timeoutMs, usualMs };
}

function isTypeError(error: unknown): boolean {
  try {
    return error instanceof TypeError;
  } catch {
    // A revoked proxy.
    return false;
  }
}
