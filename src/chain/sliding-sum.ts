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
    if (!this.#parts.has(part)) this.#prune();
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + amount);
  }

  get total(): number {
    this.#prune();
    return [...this.#parts.values()].reduce((sum, amount) => sum + amount, 0);
  }

  /** A part is kept until all of it is older than the window. */
  #prune(): void {
    const oldest = this.#part() - PARTS;
    for (const part of this.#parts.keys()) if (part < oldest) this.#parts.delete(part);
  }

  #part(): number {
    return Math.floor((this.clock.now() * PARTS) / this.windowMs);
  }
}
