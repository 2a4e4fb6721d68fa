/** A running timer; `clear()` is idempotent. */
export interface Timer {
  clear(): void;
  /** `ref` and `unref` set whether the timer keeps the process alive; a new one does. Optional for a clock. */
  ref?(): void;
  unref?(): void;
}

/** The source of time. Passed in everywhere, so that tests can move it by hand. */
export interface Clock {
  /**
   * Monotonic time in whole milliseconds, from an arbitrary start: for durations, timeouts and deadlines. Setting the
   * system's clock does not move it.
   */
  now(): number;
  /**
   * Milliseconds since the epoch, which jump when the system's clock is set: for HTTP dates, records, and times that
   * outlive the process.
   */
  wallNow(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Math.floor(performance.now()),
  wallNow: () => Date.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { clear: () => clearTimeout(handle), ref: () => handle.ref(), unref: () => handle.unref() };
  },
};

/** A number in [0, 1). */
export type Random = () => number;
