import { safely } from './classify/foreign.js';

/** An AbortSignal of this realm, of another one, or a polyfill's. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  /** Some polyfills have none. */
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/**
 * One listener for each signal, however many calls use it: Node warns of a leak at eleven.
 * Listeners are dropped with their signal.
 */
const listeners = new WeakMap<SignalLike, { all: Set<() => void>; onAbort: () => void }>();

/** Calls `listener` when the signal fires. @returns how to stop listening. */
export function listen(signal: SignalLike, listener: () => void): () => void {
  let entry = listeners.get(signal);
  if (!entry) {
    const all = new Set<() => void>();
    const onAbort = () => {
      for (const run of [...all]) run();
    };
    entry = { all, onAbort };
    listeners.set(signal, entry);
    signal.addEventListener('abort', onAbort);
  }
  const { all, onAbort } = entry;
  all.add(listener);
  return () => {
    all.delete(listener);
    if (all.size > 0 || listeners.get(signal)?.all !== all) return;
    const { removeEventListener } = signal;
    // Without a way to remove it, the listener stays, and serves the next call.
    if (!removeEventListener) return;
    listeners.delete(signal);
    safely(() => removeEventListener.call(signal, 'abort', onAbort));
  };
}
