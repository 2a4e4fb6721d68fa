import type { Clock } from '../src/core/clock.js';

/** Time that only moves when told to. */
export interface FakeClock extends Clock {
  /** Moves time on and fires, in their order, the timers that fall due. */
  advance(ms: number): void;
  /** Timers that are set and have not fired. */
  readonly pendingCount: number;
}

export function fakeClock(startAt = 1_000_000): FakeClock {
  let now = startAt;
  let timers: { at: number; run: () => void }[] = [];
  return {
    get pendingCount() {
      return timers.length;
    },
    now: () => now,
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
  };
}
