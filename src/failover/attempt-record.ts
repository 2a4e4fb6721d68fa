import type { AttemptRecord } from '../core/failover-errors.js';
import type { Attempt } from './attempt.js';
import type { Target } from './target.js';

/** How an attempt stands now, for the ledger. */
export function recordOf(attempt: Attempt): AttemptRecord {
  const { number, target, failure, state, startedAt } = attempt;
  const { provider, modelType, own } = target;
  if (attempt.skippedFor !== undefined) return skippedRecord(target, attempt.skippedFor);
  const answered = state.kind === 'answered';
  const endedAfterMs = state.kind === 'running' ? attempt.elapsedMs : state.endedAt - startedAt;
  const record: AttemptRecord = {
    attempt: number,
    provider,
    modelType,
    // An abandoned attempt that was failing, as the wire showed, has failed.
    outcome: answered ? 'answered' : failure ? 'failed' : 'abandoned',
    startedAfterMs: startedAt - attempt.owner.startedAt,
    durationMs: !answered && failure ? failure.knownAt - startedAt : endedAfterMs,
    failure: answered ? undefined : failure?.failure,
  };
  // One by one: spreading each into it takes 1 µs a call.
  if (own) record.own = own;
  if (!answered && attempt.silence) record.silence = attempt.silence;
  if (!answered && attempt.failingSince !== undefined) record.failingAfterMs = attempt.failingSince - startedAt;
  if (attempt.streams && attempt.firstOutputMs !== undefined) record.firstOutputMs = attempt.firstOutputMs;
  if (attempt.probes) record.probe = true;
  if (attempt.hedge) record.hedge = true;
  return record;
}

/**
 * The record of a target that was not asked.
 * @param reason undefined when its circuit is open.
 */
export function skippedRecord({ provider, modelType, own }: Target, reason?: string): AttemptRecord {
  const record: AttemptRecord = {
    attempt: 0,
    provider,
    modelType,
    outcome: 'skipped',
    startedAfterMs: 0,
    durationMs: 0,
  };
  if (own) record.own = own;
  if (reason !== undefined) record.reason = reason;
  return record;
}
