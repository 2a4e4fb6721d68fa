export interface LearnedWaitOptions {
  /** The shortest wait until enough is known, in milliseconds. */
  startMs: number;
  /** The shortest wait afterwards, in milliseconds. */
  floorMs: number;
}

/** Only recent times count: a provider may get slower over a day. */
const WINDOW = 128;
/** From this many times on, their spread says something. */
const ENOUGH = 20;
/** How far beyond the 95th percentile. Of a lognormal distribution, all but 2 in a million are within it. */
const TAIL_EXPONENT = 1.8;
/** A distribution with two modes has a spread that says nothing of its tail. The wait stays within this multiple of what was seen. */
const MARGIN = 2.5;

/**
 * Learns how long something takes when it succeeds, and how long to wait before it counts as stuck. In memory only.
 *
 * The wait is a high quantile with a margin that follows the spread: `q95 · (q95 / q50)^1.8`, at most 2.5 times the
 * longest time in the window. `npm run bench:hedge-waits` compares this with other forms; docs/how-it-works.md shows its results.
 */
export class LearnedWait {
  /** The last one that was waited for was given up, and none has come since. */
  overdue = false;
  readonly #times: number[] = [];
  #next = 0;

  constructor(private readonly options: LearnedWaitOptions) {}

  get floorMs(): number {
    return this.options.floorMs;
  }

  /** @param ms how long it took, in milliseconds. */
  learn(ms: number): void {
    this.overdue = false;
    this.#times[this.#next] = ms;
    this.#next = (this.#next + 1) % WINDOW;
  }

  /** The median of the recent times, in milliseconds; undefined while there is none. */
  get usualMs(): number | undefined {
    return quantile(this.#sorted(), 0.5);
  }

  /** In whole milliseconds, as a clock counts. */
  get waitMs(): number {
    const { startMs, floorMs } = this.options;
    const times = this.#sorted();
    const atMost = (times.at(-1) ?? 0) * MARGIN;
    if (times.length < ENOUGH) return Math.max(startMs, Math.ceil(atMost));
    const [median, high] = [quantile(times, 0.5) as number, quantile(times, 0.95) as number];
    const beyond = high * (high / Math.max(median, 1)) ** TAIL_EXPONENT;
    return Math.max(floorMs, Math.ceil(Math.min(beyond, atMost)));
  }

  #sorted(): number[] {
    return [...this.#times].sort((a, b) => a - b);
  }
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
