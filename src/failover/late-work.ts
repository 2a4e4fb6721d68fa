import type { Clock, Timer } from '../core/clock.js';

/**
 * Waits for what may still come of attempts that no call needs, to learn from it. Owned by the guard: nothing is waited for
 * once the agent has stopped.
 */
export class LateWork {
  readonly #waits = new Set<() => void>();
  #ended = false;

  constructor(private readonly clock: Clock) {}

  /** Calls `giveUp` after `delayMs` or at the end, whichever is first. `clear()` of the timer stops the wait. */
  wait(delayMs: number, giveUp: () => void): Timer {
    const end = () => {
      clear();
      giveUp();
    };
    const timer = this.clock.after(this.#ended ? 0 : delayMs, end);
    const clear = () => {
      timer.clear();
      this.#waits.delete(end);
    };
    this.#waits.add(end);
    timer.unref?.();
    return { clear };
  }

  /** Gives up all waits, and each that is begun later. */
  end(): void {
    this.#ended = true;
    for (const end of [...this.#waits]) end();
  }
}
