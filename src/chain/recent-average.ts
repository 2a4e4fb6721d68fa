import type { Clock } from '../core/clock.js';

/** Weight of a new value. */
const WEIGHT = 0.2;
/** An older average says nothing: the endpoint may have recovered since. */
const MAX_AGE_MS = 5 * 60_000;

/** An exponentially weighted moving average that is forgotten when nothing is added to it. */
export class RecentAverage {
  #average: { value: number; at: number } | undefined;

  constructor(private readonly clock: Clock) {}

  add(value: number): void {
    const before = this.value ?? value;
    this.#average = { value: before + WEIGHT * (value - before), at: this.clock.now() };
  }

  /** Undefined without a value of the last five minutes. */
  get value(): number | undefined {
    if (!this.#average || this.clock.now() - this.#average.at > MAX_AGE_MS) return undefined;
    return this.#average.value;
  }
}
