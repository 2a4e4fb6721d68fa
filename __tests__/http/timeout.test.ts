import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { abortable } from '../../src/http/abortable.js';
import { TimeoutController } from '../../src/http/timeout.js';

describe('a time limit', () => {
  it('runs out once, exactly when it is over', () => {
    const clock = fakeClock();
    const timeout = new TimeoutController(100, clock);
    let stops = 0;
    timeout.add(() => stops++);
    clock.advance(99);
    expect([timeout.stopped, timeout.remainingMs]).toEqual([false, 1]);
    clock.advance(1);
    expect([timeout.stopped, timeout.timedOut, stops]).toEqual([true, true, 1]);
    clock.advance(1_000);
    expect(stops).toBe(1);
  });

  it('begins anew each time it is restarted', () => {
    const clock = fakeClock();
    const timeout = new TimeoutController(100, clock);
    for (let i = 0; i < 10; i++) {
      clock.advance(90);
      timeout.restart();
    }
    expect(timeout.stopped).toBe(false);
    clock.advance(100);
    expect(timeout.timedOut).toBe(true);
  });

  it('sets one timer for any number of restarts within it', () => {
    const clock = fakeClock();
    const timeout = new TimeoutController(100, clock);
    for (let i = 0; i < 1_000; i++) timeout.restart();
    expect(clock.pendingCount).toBe(1);
  });

  it('counts from when the call began, and has run out when nothing of it is left', () => {
    const clock = fakeClock();
    const startedAt = clock.now();
    clock.advance(60);
    const timeout = new TimeoutController(100, clock, undefined, startedAt);
    expect(timeout.remainingMs).toBe(40);
    clock.advance(40);
    expect(timeout.timedOut).toBe(true);
    expect(new TimeoutController(100, clock, undefined, startedAt).timedOut).toBe(true);
    expect(clock.pendingCount).toBe(0);
  });

  it('does not run out while it is paused, and leaves no timer behind then', () => {
    const clock = fakeClock();
    const timeout = new TimeoutController(100, clock);
    timeout.pause();
    clock.advance(1_000_000);
    expect([timeout.stopped, clock.pendingCount]).toEqual([false, 0]);
    timeout.restart();
    clock.advance(100);
    expect(timeout.timedOut).toBe(true);
  });

  it('leaves nothing behind when it is cleared', () => {
    const clock = fakeClock();
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => void listeners++;
    signal.removeEventListener = () => void listeners--;
    const timeout = new TimeoutController(100, clock, signal);
    expect(listeners).toBe(1);
    timeout.clear();
    expect([clock.pendingCount, listeners]).toEqual([0, 0]);
  });
});

describe("the caller's abort", () => {
  it('stops it for the reason of the caller, and is no timeout', () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const timeout = new TimeoutController(100, clock, controller.signal);
    controller.abort('not wanted');
    expect(timeout).toMatchObject({ stopped: true, timedOut: false, reason: 'not wanted', abortReason: 'not wanted' });
    expect(clock.pendingCount).toBe(0);
  });

  it('before it began stops it at once, and sets no timer', () => {
    const clock = fakeClock();
    const timeout = new TimeoutController(100, clock, AbortSignal.abort('not wanted'));
    expect([timeout.stopped, timeout.reason, clock.pendingCount]).toEqual([true, 'not wanted', 0]);
  });

  it('after the time was over changes nothing: it stays a timeout', () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const timeout = new TimeoutController(100, clock, controller.signal);
    clock.advance(100);
    controller.abort('not wanted');
    expect(timeout).toMatchObject({ timedOut: true, abortReason: undefined });
  });
});

describe('its AbortSignal', () => {
  it('aborts when it stops, whether it was asked for before or after', () => {
    const clock = fakeClock();
    const before = new TimeoutController(100, clock).signal;
    const late = new TimeoutController(100, clock);
    clock.advance(100);
    expect([before.aborted, late.signal.aborted]).toEqual([true, true]);
  });
});

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const counted = { now: 0, most: 0 };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    counted.now++;
    counted.most = Math.max(counted.most, counted.now);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    counted.now--;
    remove(...args);
  };
  return { controller, signal, counted };
}

describe('a signal that many calls share', () => {
  it('has one listener, and none once they are over', async () => {
    const { signal, counted } = countingSignal();
    const clock = fakeClock();
    const limits = Array.from({ length: 50 }, () => new TimeoutController(100, clock, signal));
    const waits = Array.from({ length: 50 }, (_, i) => abortable(Promise.resolve(i), signal));
    expect(counted).toEqual({ now: 1, most: 1 });
    await Promise.all(waits);
    for (const limit of limits) limit.clear();
    expect(counted).toEqual({ now: 0, most: 1 });
  });

  it('stops all of them, and keeps no listener of a wait that would never end', async () => {
    const { controller, signal, counted } = countingSignal();
    const limits = Array.from({ length: 50 }, () => new TimeoutController(100, fakeClock(), signal));
    const wait = abortable(new Promise(() => {}), signal);
    controller.abort(new Error('not wanted'));
    await expect(wait).rejects.toThrow('not wanted');
    await expect(abortable(new Promise(() => {}), signal)).rejects.toThrow('not wanted');
    expect(limits.every(({ stopped }) => stopped)).toBe(true);
    for (const limit of limits) limit.clear();
    expect(counted.now).toBe(0);
  });
});
