/** A running timer; `clear()` is idempotent. */
export interface Timer {
  clear(): void;
  /** Whether it keeps the process alive; it does at first. A clock that cannot tell leaves these out. */
  ref?(): void;
  unref?(): void;
}

/** The source of time. Passed in everywhere, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { clear: () => clearTimeout(handle), ref: () => handle.ref(), unref: () => handle.unref() };
  },
};

/** A number in [0, 1). */
export type Random = () => number;
