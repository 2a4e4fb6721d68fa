import type { Clock } from '../core/clock.js';

/** Parts of a window; a sum is late by at most one of them. */
const PARTS = 60;

/** Sums what was added within a window of time, such as the last hour. In memory only. */
export class SlidingSum {
  readonly #parts = new Map<number, number>();

  constructor(
    private readonly windowMs: number,
    private readonly clock: Clock,
  ) {}

  add(amount: number): void {
    const part = this.#part();
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + amount);
  }

  get total(): number {
    const oldest = this.#part() - PARTS;
    let total = 0;
    for (const [part, amount] of this.#parts) {
      if (part <= oldest) this.#parts.delete(part);
      else total += amount;
    }
    return total;
  }

  #part(): number {
    return Math.floor((this.clock.now() * PARTS) / this.windowMs);
  }
}
