import { type CallScope, currentScope, runInScope } from '../core/attempt-scope.js';
import { Attempt } from './attempt.js';

/** The scope of a call that does not fail over. */
class StraightCall implements CallScope {
  constructor(
    readonly signal: AbortSignal | undefined,
    /** The attempt whose handler makes the call. */
    readonly within: Attempt | undefined,
  ) {}
}

/**
 * Runs a call without failover. Made inside an attempt, by a handler that asks another model itself, its requests belong
 * to that attempt; its result does not.
 */
export function runStraight<T>(start: () => T, userSignal?: AbortSignal): T {
  const within = attemptInScope();
  return runInScope(new StraightCall(userSignal ?? within?.signal, within), start);
}

/** The attempt whose handler the running code belongs to. */
export function attemptInScope(): Attempt | undefined {
  const scope = currentScope();
  return scope instanceof StraightCall ? scope.within : currentAttempt();
}

/** The attempt that the running call is. */
export function currentAttempt(): Attempt | undefined {
  const scope = currentScope();
  return scope instanceof Attempt ? scope : undefined;
}
