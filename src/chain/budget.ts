import type { Clock } from '../core/clock.js';
import { SlidingSum } from './sliding-sum.js';

const HOUR_MS = 3_600_000;

export interface BudgetOptions {
  clock: Clock;
  /** In 24 hours, in US dollars; 0 = no limit. */
  maxCostPerDay: number;
  /** Within an hour; 0 = no limit. */
  maxCallsPerHour: number;
  /** Called once each time that the budget is used up, until it is free again. */
  onReached(limit: string): void;
}

/** What one endpoint may be asked for. In memory only: it begins anew with the agent. */
export class Budget {
  readonly #cost: SlidingSum;
  readonly #calls: SlidingSum;
  #reached: string | undefined;

  constructor(private readonly options: BudgetOptions) {
    this.#cost = new SlidingSum(24 * HOUR_MS, options.clock);
    this.#calls = new SlidingSum(HOUR_MS, options.clock);
  }

  get limitsCost(): boolean {
    return this.options.maxCostPerDay > 0;
  }

  /** Counts a call, unless a limit is reached. @returns the limit that refuses the call, in words. */
  take(): string | undefined {
    const limit = this.#limit();
    if (limit === undefined) this.#calls.add(1);
    else if (this.#reached !== limit) this.options.onReached(limit);
    this.#reached = limit;
    return limit;
  }

  /** @param usd what a call has cost. */
  pay(usd: number): void {
    if (usd > 0) this.#cost.add(usd);
  }

  #limit(): string | undefined {
    const { maxCostPerDay, maxCallsPerHour } = this.options;
    if (maxCallsPerHour > 0 && this.#calls.total >= maxCallsPerHour) return `${maxCallsPerHour} calls per hour`;
    if (maxCostPerDay > 0 && this.#cost.total >= maxCostPerDay) return `${maxCostPerDay} USD per day`;
    return undefined;
  }
}
