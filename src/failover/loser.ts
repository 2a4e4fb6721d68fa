import type { Attempt } from './attempt.js';

/**
 * Ends an attempt because another one was first. One that took so long that its hedge won has failed, or each call to
 * come would wait for it again. A probe is left to end by itself, because its answer closes the circuit; so is an attempt
 * that was seen failing, because its provider may recover by itself, and the next call can then wait for that.
 * @param limitMs how long one that is left to end may take since its start; 0 = no limit.
 */
export function abandon(attempt: Attempt, limitMs: number): void {
  attempt.end('abandoned');
  if (attempt.overtaken && !attempt.failure) attempt.permit.failure({ kind: 'timeout' });
  const abort = () => attempt.abort(new Error('another provider answered first'));
  if (!attempt.permit.probe && attempt.failingSince === undefined) return abort();
  if (limitMs <= 0) return;
  const timer = attempt.after(limitMs - attempt.elapsedMs, () => {
    attempt.permit.failure({ kind: 'timeout' });
    abort();
  });
  // No call waits for it.
  timer.unref?.();
}

/** Too late for the call, or after its time limit, but its provider works. */
export function answeredLate(attempt: Attempt): void {
  attempt.clearTimers();
  attempt.learnFromAnswer();
  attempt.permit.success();
}

/** An abandoned attempt may still tell why its provider failed: the wire shows a 429, its body an exhausted quota. */
export function failedLate(attempt: Attempt, error: unknown): void {
  if (attempt.state.kind !== 'abandoned' || attempt.aborted) return;
  attempt.clearTimers();
  attempt.permit.failure(attempt.failureOf(error));
}
