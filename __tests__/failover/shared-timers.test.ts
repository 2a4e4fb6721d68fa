import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import type { Clock } from '../../src/core/clock.js';
import { SharedTimers } from '../../src/failover/shared-timers.js';

/** A fake clock that counts the real timers behind it, and those of them that keep the process alive. */
function countingClock() {
  const clock = fakeClock();
  const counts = { made: 0, armed: 0, alive: 0 };
  const counting: Clock = {
    now: clock.now,
    wallNow: clock.wallNow,
    after(delayMs, run) {
      let state: 'alive' | 'idle' | 'gone' = 'alive';
      counts.made++;
      counts.armed++;
      counts.alive++;
      const become = (next: typeof state) => {
        if (state === 'gone') return;
        if (state === 'alive') counts.alive--;
        if (next === 'alive') counts.alive++;
        if (next === 'gone') counts.armed--;
        state = next;
      };
      const timer = clock.after(delayMs, () => {
        become('gone');
        run();
      });
      const clear = () => {
        become('gone');
        timer.clear();
      };
      return { clear, ref: () => become('alive'), unref: () => become('idle') };
    },
  };
  return { clock, counts, timers: new SharedTimers(counting) };
}

describe('timers of equal length', () => {
  it('share one real timer while they come and go', () => {
    const { counts, timers } = countingClock();
    for (let i = 0; i < 100; i++) timers.after(1_000, () => {}).clear();
    expect(counts.made).toBe(1);
  });

  it('fire in order, each at its own time', () => {
    const { clock, timers } = countingClock();
    const fired: string[] = [];
    timers.after(1_000, () => fired.push('first'));
    clock.advance(400);
    timers.after(1_000, () => fired.push('second'));
    clock.advance(599);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual(['first']);
    clock.advance(399);
    expect(fired).toEqual(['first']);
    clock.advance(1);
    expect(fired).toEqual(['first', 'second']);
  });

  it('do not fire once cleared, whichever of them it is, and clearing twice is harmless', () => {
    const { clock, timers } = countingClock();
    const fired: number[] = [];
    const set = [0, 1, 2, 3].map((i) => timers.after(1_000, () => fired.push(i)));
    for (const i of [1, 0, 3, 1]) set[i]?.clear();
    clock.advance(1_000);
    expect(fired).toEqual([2]);
  });

  it('run each in the async context it was set in', () => {
    const { clock, timers } = countingClock();
    const scope = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    for (const caller of ['one', 'two'])
      scope.run(caller, () => timers.after(1_000, () => seen.push(scope.getStore())));
    clock.advance(1_000);
    expect(seen).toEqual(['one', 'two']);
  });

  it('may set and clear others while they fire', () => {
    const { clock, timers } = countingClock();
    const fired: string[] = [];
    timers.after(1_000, () => {
      fired.push('first');
      second.clear();
      timers.after(1_000, () => fired.push('third'));
    });
    const second = timers.after(1_000, () => fired.push('second'));
    clock.advance(1_000);
    clock.advance(1_000);
    expect(fired).toEqual(['first', 'third']);
  });

  it('go on after one of them has thrown', () => {
    const { clock, timers } = countingClock();
    let fired = false;
    timers.after(1_000, () => {
      throw new Error('a bug');
    });
    clock.advance(1);
    timers.after(1_000, () => {
      fired = true;
    });
    expect(() => clock.advance(999)).toThrow('a bug');
    clock.advance(1);
    expect(fired).toBe(true);
  });
});

describe('the real timer', () => {
  it('keeps the process alive only while somebody waits', () => {
    const { counts, timers } = countingClock();
    const one = timers.after(1_000, () => {});
    expect(counts.alive).toBe(1);
    one.clear();
    expect(counts).toMatchObject({ armed: 1, alive: 0 });
    timers.after(1_000, () => {});
    expect(counts.alive).toBe(1);
  });

  it('is not set anew when it falls due and nobody waits', () => {
    const { clock, counts, timers } = countingClock();
    timers.after(1_000, () => {}).clear();
    clock.advance(1_000);
    expect(counts).toMatchObject({ made: 1, armed: 0 });
  });

  it('is gone after close, as soon as those that wait have ended', () => {
    const { clock, counts, timers } = countingClock();
    let fired = false;
    timers.after(1_000, () => {}).clear();
    timers.after(2_000, () => {
      fired = true;
    });
    timers.close();
    expect(counts.armed).toBe(1);
    clock.advance(2_000);
    expect([fired, counts.armed]).toEqual([true, 0]);
  });
});
