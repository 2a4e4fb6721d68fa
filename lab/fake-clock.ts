import type { Clock } from '../src/core/clock.js';

/** Time that moves only by `advance`. */
export interface FakeClock extends Clock {
  /** Moves both times on and fires, in their order, the timers that fall due. */
  advance(ms: number): void;
  /** Sets the system's clock forward, or back by a negative number. `now()` and the timers do not notice. */
  setWallClock(byMs: number): void;
  /** Timers that are set and have not fired. */
  readonly pendingCount: number;
  /** Until the first of them is due, in milliseconds; undefined when none is set. */
  readonly nextInMs: number | undefined;
}

/** Far from `now()`, so that no test passes with the wrong one of the two. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

export function fakeClock(startAt = 1_000_000): FakeClock {
  let now = startAt;
  let wallOffset = EPOCH_MS - startAt;
  let timers: { at: number; run: () => void }[] = [];
  return {
    get pendingCount() {
      return timers.length;
    },
    get nextInMs() {
      return timers.length > 0 ? Math.max(0, Math.min(...timers.map(({ at }) => at)) - now) : undefined;
    },
    now: () => now,
    wallNow: () => now + wallOffset,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      const clear = () => {
        timers = timers.filter((other) => other !== timer);
      };
      return { clear };
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers = timers.filter((other) => other !== due);
        now = due.at;
        due.run();
      }
      now = until;
    },
    setWallClock(byMs) {
      wallOffset += byMs;
    },
  };
}
