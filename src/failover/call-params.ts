import { SIGNAL_NAMES, UserAbort } from '../core/user-abort.js';

/** The wish to stop that a call carries: in its params, and in the streaming context. */
export function userAbortIn(params: unknown, contextSignal: unknown): UserAbort {
  return UserAbort.of([...signalsIn(params), contextSignal]);
}

function signalsIn(params: unknown): unknown[] {
  try {
    return isOptions(params) ? SIGNAL_NAMES.map((name) => params[name]) : [];
  } catch {
    // A getter that throws, or a revoked proxy. An attempt that reads it fails by it.
    return [];
  }
}

/**
 * A fresh copy of the caller's params for one attempt: core writes to what it is given.
 * @param signal takes the place of the caller's signals.
 * @param quiet asks for an answer in one piece, also inside a streaming context.
 */
export function paramsForAttempt(params: unknown, signal: () => AbortSignal | undefined, quiet: boolean): unknown {
  if (!isOptions(params)) return params;
  const copy = copyOf(params, quiet);
  for (const name of SIGNAL_NAMES) if (copy[name] !== undefined) copy[name] = signal();
  if (quiet) {
    copy.stream = false;
    delete copy.onStreamChunk;
  }
  return copy;
}

/** The params of a handler with the signal of its attempt in place of the caller's. */
export function withSignal(params: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal) return params;
  const hasOldName = isOptions(params) && params.abortSignal !== undefined;
  return withChanges(params, { signal, ...(hasOldName ? { abortSignal: signal } : {}) });
}

/**
 * The params of a handler with other values for some options. All other properties are kept: core 2.x's ledger of a call
 * is one that cannot be enumerated. Frozen params have a frozen copy.
 */
export function withChanges(params: unknown, changes: Record<string, unknown>): unknown {
  if (!isOptions(params)) return params;
  const prototype = Object.getPrototypeOf(params);
  // Methods and accessors of a class may read private fields, which a copy does not have.
  const isClass = prototype !== null && Object.getPrototypeOf(prototype) !== null;
  const own = Object.getOwnPropertyDescriptors(isClass ? copyOf(params, false) : params);
  for (const [name, value] of Object.entries(changes)) {
    own[name] = { value, enumerable: true, configurable: true, writable: true };
  }
  const copy = Object.create(prototype, own);
  return Object.isFrozen(params) ? Object.freeze(copy) : copy;
}

/** @param asLiteral gives up the class of the params: core heeds `stream` only in a literal. */
function copyOf(params: Record<string, unknown>, asLiteral: boolean): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(params);
  // `Object.assign` into a literal costs core 6 µs less per call than a spread, but runs the `__proto__` setter.
  if (prototype === Object.prototype && !Object.hasOwn(params, '__proto__')) return Object.assign({}, params);
  const own = Object.getOwnPropertyDescriptors({ ...params });
  const copy = Object.create(asLiteral ? Object.prototype : prototype);
  return Object.defineProperties(copy, { ...inheritedValues(params), ...own });
}

/** No class has more ancestors; a proxy can have prototypes without end. */
const MAX_PROTOTYPES = 20;

/** What the accessors of the params' class give. Those that read private fields cannot be called on a copy. */
function inheritedValues(params: object): PropertyDescriptorMap {
  const values: PropertyDescriptorMap = {};
  let owner: object | null = Object.getPrototypeOf(params);
  for (let i = 0; owner && Object.getPrototypeOf(owner) && i < MAX_PROTOTYPES; i++) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (!get || Object.hasOwn(values, name)) continue;
      const value: unknown = Reflect.get(params, name);
      values[name] = { value, writable: true, enumerable: true, configurable: true };
    }
    owner = Object.getPrototypeOf(owner);
  }
  return values;
}

/** Params that are a set of options, of any class or realm; not bytes, a list or a file, which are data themselves. */
function isOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  return !DATA_TAG.test(Object.prototype.toString.call(value));
}

/** What built-in classes call themselves; a class of the caller's may have any other name. */
const DATA_TAG =
  /^\[object (?:ArrayBuffer|SharedArrayBuffer|Blob|File|Date|RegExp|Map|Set|WeakMap|WeakSet|Promise|Error|URL|FormData|ReadableStream|Request|Response)\]$/;
