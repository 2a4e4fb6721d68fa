import { AsyncLocalStorage } from 'node:async_hooks';

/** The ambient scope of a call: available to all code that runs inside it. */
export interface CallScope {
  /** The provider of this attempt; undefined for a call that goes straight to the original `useModel`. */
  readonly provider?: string;
  /** The id of the call's record, for log lines and spans; undefined for a call that goes straight through. */
  readonly callId?: string;
  /** Set for an attempt at one of this plugin's own endpoints. */
  readonly route?: RouteInScope;
  /** Fires when the attempt is over or the user aborts the call; undefined when neither can happen. */
  readonly signal?: AbortSignal;
}

/** Which endpoint and model an attempt asks. */
export interface RouteInScope {
  /** Its name among the providers. */
  readonly name: string;
  /** It is asked although another endpoint would serve the call better: none of those has answered. */
  readonly forced: boolean;
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

/** The route of the guard's attempt that the running code serves; undefined outside of attempts at own endpoints. */
export function routeInScope(): RouteInScope | undefined {
  return storage.getStore()?.route;
}

/** Fires when the result of the running code is no longer needed. */
export function signalInScope(): AbortSignal | undefined {
  return storage.getStore()?.signal;
}
