import { listen } from '../core/abort-listeners.js';
import type { Clock, Timer } from '../core/clock.js';

/** Cancels a request. A minimal AbortSignal; creating a real one costs about 10 µs on Node. */
export interface StopSignal {
  readonly stopped: boolean;
  /** Why it stopped; undefined before. */
  readonly reason: unknown;
  /** Calls the listener once when it stops. A listener added after that is never called. */
  add(listener: () => void): void;
  remove(listener: () => void): void;
}

/**
 * Stops a request at its time limit, or when the caller aborts, whichever comes first. It knows which of the two it was:
 * a timeout is a failure of the upstream, an abort is not.
 */
export class TimeoutController implements StopSignal {
  readonly #listeners = new Set<() => void>();
  #unlisten: (() => void) | undefined;
  #timer: Timer | undefined;
  /** When the current wait began; undefined while the limit is paused. */
  #waitingSince: number | undefined;
  #timedOut = false;
  #stopped = false;
  #controller: AbortController | undefined;

  #timeoutMs: number;

  constructor(
    timeoutMs: number,
    private readonly clock: Clock,
    private readonly callerSignal?: AbortSignal,
    /** When the wait began, on the clock. @default now */
    startedAt = clock.now(),
  ) {
    this.#timeoutMs = timeoutMs;
    this.#waitingSince = startedAt;
    if (callerSignal?.aborted) {
      this.#stop();
    } else {
      if (callerSignal) this.#unlisten = listen(callerSignal, () => this.#stop());
      this.#check();
    }
  }

  /** The current limit, in milliseconds. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The same as an AbortSignal; created on first use. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#stopped) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  get reason(): unknown {
    return this.#timedOut ? new Error('The time limit ran out') : this.callerSignal?.reason;
  }

  add(listener: () => void): void {
    this.#listeners.add(listener);
  }

  remove(listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** True when the time limit stopped it. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** The caller's reason, when the caller's abort stopped it. */
  get abortReason(): unknown {
    return this.callerSignal?.aborted && !this.#timedOut ? this.callerSignal.reason : undefined;
  }

  /** What is left of the limit, in milliseconds; all of it while paused. */
  get remainingMs(): number {
    const now = this.clock.now();
    return this.#timeoutMs - (now - (this.#waitingSince ?? now));
  }

  /**
   * Starts the limit again, as a stream does for each event. A timer that is running is left alone and compares the clock
   * when it fires: setting a new one for every chunk would cost more than reading it.
   * @param timeoutMs the limit from now on.
   */
  restart(timeoutMs = this.#timeoutMs): void {
    this.#waitingSince = this.clock.now();
    if (timeoutMs !== this.#timeoutMs) {
      this.#timeoutMs = timeoutMs;
      this.#timer?.clear();
      this.#timer = undefined;
    }
    if (this.#timer) this.#timer.ref?.();
    else if (!this.#stopped) this.#check();
  }

  /** Suspends the limit while the caller handles an event. The timer no longer keeps the process alive. */
  pause(): void {
    this.#waitingSince = undefined;
    this.#timer?.unref?.();
  }

  /** Releases the timer and the caller's signal. To be called whatever the outcome. */
  clear(): void {
    this.#timer?.clear();
    this.#unlisten?.();
  }

  /** Stops the request when nothing is left of the limit; otherwise sets the timer for when that will be. */
  #check(): void {
    this.#timer = undefined;
    if (this.#waitingSince === undefined) return;
    const { remainingMs } = this;
    if (remainingMs > 0) {
      this.#timer = this.clock.after(remainingMs, () => this.#check());
      return;
    }
    this.#timedOut = true;
    this.#stop();
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.clear();
    this.#controller?.abort(this.reason);
    for (const listener of this.#listeners) listener();
  }
}
