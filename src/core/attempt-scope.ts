import { AsyncLocalStorage } from 'node:async_hooks';

/** The ambient scope of a call: available to all code that runs inside it. */
export interface CallScope {
  /** The provider of this attempt; undefined for a call that goes straight to the original `useModel`. */
  readonly provider?: string;
  /** The id of the call's record, for log lines and spans; undefined for a call that goes straight through. */
  readonly callId?: string;
  /** Fires when the attempt is over or the user aborts the call; undefined when neither can happen. */
  readonly signal?: AbortSignal;
}

const storage = new AsyncLocalStorage<CallScope>();

/** Runs `start` with this scope, which all asynchronous work begun in it keeps. */
export function runInScope<T>(scope: CallScope, start: () => T): T {
  return storage.run(scope, start);
}

/** The scope that the running code belongs to. */
export function currentScope(): CallScope | undefined {
  return storage.getStore();
}

/** The id of the call that the running code serves; undefined for a call that does not fail over. */
export function callIdInScope(): string | undefined {
  return storage.getStore()?.callId;
}

/** True when the running code serves an attempt of the guard at this provider. */
export function isAttemptOf(provider: string): boolean {
  return storage.getStore()?.provider === provider;
}

/** Fires when the result of the running code is no longer needed. */
export function signalInScope(): AbortSignal | undefined {
  return storage.getStore()?.signal;
}
