import type { Clock, Timer } from '../core/clock.js';

/** What ends a request from our side. An AbortSignal in small: to make one takes Node 10 µs. */
export interface StopSignal {
  readonly stopped: boolean;
  /** Why, once it has stopped. */
  readonly reason: unknown;
  /** Calls the listener once when it stops; not when it has stopped before. */
  add(listener: () => void): void;
  remove(listener: () => void): void;
}

/**
 * One signal out of two reasons to stop: a time limit, and the caller's own abort signal. Knows which of them it was,
 * because a timeout is the upstream's failure and an abort is not.
 */
export class TimeoutController implements StopSignal {
  readonly #listeners = new Set<() => void>();
  readonly #onAbort = () => this.#stop();
  #timer: Timer | undefined;
  /** When the present wait began; undefined while it is the reader's turn. */
  #waitingSince: number | undefined;
  #timedOut = false;
  #stopped = false;
  #controller: AbortController | undefined;

  constructor(
    readonly timeoutMs: number,
    private readonly clock: Clock,
    private readonly callerSignal?: AbortSignal,
    /** When the wait began; now. */
    startedAt = clock.now(),
  ) {
    this.#waitingSince = startedAt;
    if (callerSignal?.aborted) {
      this.#stop();
    } else {
      callerSignal?.addEventListener('abort', this.#onAbort, { once: true });
      this.#check();
    }
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The same for who needs an AbortSignal; made when it is first asked for. */
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

  /** True once the time limit, not the caller, has ended it. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** The caller's reason, once the caller has ended it. */
  get abortReason(): unknown {
    return this.callerSignal?.aborted && !this.#timedOut ? this.callerSignal.reason : undefined;
  }

  /** What is left of the limit, in milliseconds. */
  get remainingMs(): number {
    const now = this.clock.now();
    return this.timeoutMs - (now - (this.#waitingSince ?? now));
  }

  /**
   * Starts the limit anew: a stream has one for its first event and one between any two. That happens for every chunk,
   * so a timer that runs already is left to run, and looks at the clock when it fires.
   */
  restart(): void {
    this.#waitingSince = this.clock.now();
    if (this.#timer) this.#timer.ref?.();
    else if (!this.#stopped) this.#check();
  }

  /** Stops the clock while it is the reader's turn, who may never come back: no process is kept alive for that. */
  pause(): void {
    this.#waitingSince = undefined;
    this.#timer?.unref?.();
  }

  /** Ends the wait for good; to be called whatever the outcome. */
  clear(): void {
    this.#timer?.clear();
    this.callerSignal?.removeEventListener('abort', this.#onAbort);
  }

  /** Stops it if nothing of the limit is left, and looks again when that would be so. */
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
