import type { Attempt } from './attempt.js';
import type { LateWork } from './late-work.js';

/** For an agent that sets no limit: nothing is kept for ever. */
const LATE_LIMIT_MS = 300_000;

/**
 * Ends an attempt because another one was first. One that took so long that its hedge won has failed, or each call to
 * come would wait for it again. It is left to end by itself where something can be learned from that: a late answer closes
 * the circuit and tells how long the provider takes, and one that was seen failing may recover by itself.
 * @param limitMs how long one that is left to end may take since its start; 0 = no limit but `LATE_LIMIT_MS`.
 */
export function abandon(attempt: Attempt, limitMs: number, late: LateWork): void {
  attempt.end('abandoned');
  if (attempt.overtaken && !attempt.failure) {
    if (attempt.silence) attempt.firstOutput.overdue = true;
    attempt.permit.failure({ kind: 'timeout', silence: attempt.silence });
  }
  const abort = () => attempt.abort(new Error('another provider answered first'));
  if (!attempt.permit.probe && attempt.failingSince === undefined && !attempt.overtaken) return abort();
  const giveUp = () => {
    attempt.permit.failure({ kind: 'timeout', silence: attempt.silence });
    abort();
  };
  attempt.own(late.wait((limitMs || LATE_LIMIT_MS) - attempt.elapsedMs, giveUp));
}

/** The caller no longer wants an answer. That is no failure. */
export function withdraw(attempt: Attempt, reason: unknown): void {
  if (attempt.state.kind !== 'answered') attempt.permit.release();
  if (attempt.isRunning) attempt.end('abandoned');
  attempt.clearTimers();
  attempt.abort(reason);
}

/** Too late for the call, or after its time limit, but its provider works. */
export function answeredLate(attempt: Attempt): void {
  attempt.clearTimers();
  attempt.noteOutput();
  attempt.learnFromAnswer();
  attempt.permit.success();
}

/** An abandoned attempt may still tell why its provider failed: the wire shows a 429, its body an exhausted quota. */
export function failedLate(attempt: Attempt, error: unknown): void {
  if (attempt.state.kind !== 'abandoned' || attempt.aborted) return;
  attempt.clearTimers();
  attempt.permit.failure(attempt.failureOf(error));
}
