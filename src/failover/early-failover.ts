import type { Attempt } from './attempt.js';
import { failsOverKind, type RaceRules } from './race-rules.js';
import type { InContext } from './wire-tally.js';

/**
 * How long to wait after a good response has broken off, in milliseconds. Some servers close the connection at the end of
 * a stream without ending the body, and the provider needs a moment to return the answer that it has read.
 */
const BREAK_OFF_GRACE_MS = 250;

/**
 * Calls `giveWay` when the wire shows that an attempt is failing, long before its provider gives up its own retries.
 *
 * That is at once, unless a grace is set (`ELIZANET_EARLY_FAILOVER`) or learned: a provider that was seen to recover by
 * itself soon after a failed request gets that time. It is not called when the attempt has recovered by then.
 * @param safely runs a step of the race; a fault in it rejects the call.
 */
export function whenFailing(
  attempt: Attempt,
  modelType: string,
  rules: RaceRules,
  inContext: InContext,
  safely: (step: () => void) => void,
  giveWay: () => void,
): void {
  const { earlyFailover, clock } = rules;
  const failure = attempt.wireFailure;
  if (!failure || earlyFailover === 'off' || !failsOverKind(rules, modelType, failure.kind)) return;
  // A request that ends by the abort of its attempt looks like a timeout.
  if (attempt.aborted && failure.kind === 'timeout') return;
  attempt.failingSince ??= clock.now();
  const habits = attempt.habits.wire;
  const sinceMs = clock.now() - attempt.failingSince;
  const waitMs = Math.max(earlyFailover, habits.graceMs - sinceMs, attempt.responseBrokeOff ? BREAK_OFF_GRACE_MS : 0);
  const check = () =>
    safely(() => {
      const stillFailing = attempt.wireFailure;
      if (!stillFailing || attempt.state.kind === 'answered' || attempt.state.kind === 'failed') return;
      if (waitMs > 0) habits.didNotRecover();
      attempt.noteFailure(stillFailing);
      // Also for an attempt that has lost: no other attempt reports this failure to the circuit.
      attempt.permit.failure(stillFailing);
      giveWay();
    });
  inContext(waitMs <= 0 ? check : () => attempt.after(waitMs, check));
}
