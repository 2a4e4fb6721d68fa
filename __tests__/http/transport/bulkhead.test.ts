import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { TimeoutController } from '../../../src/http/timeout.js';
import { Bulkhead } from '../../../src/http/transport/bulkhead.js';

const stopAfter = (ms = 1_000, signal?: AbortSignal, clock = fakeClock()) => new TimeoutController(ms, clock, signal);

function bulkheadOf(limit: number) {
  let made = 0;
  return new Bulkhead(limit, () => ++made);
}

describe('a bulkhead', () => {
  it('gives a free item at once, and creates no more than its limit', async () => {
    const bulkhead = bulkheadOf(2);
    expect([bulkhead.acquire(stopAfter()), bulkhead.acquire(stopAfter())]).toEqual([1, 2]);
    const third = bulkhead.acquire(stopAfter());
    bulkhead.release(2);
    expect(await third).toBe(2);
    expect(bulkhead.all).toEqual([1, 2]);
  });

  it('gives the item that was released last', () => {
    const bulkhead = bulkheadOf(3);
    for (let i = 0; i < 3; i++) bulkhead.acquire(stopAfter());
    for (const item of [3, 1, 2]) bulkhead.release(item);
    expect(bulkhead.acquire(stopAfter())).toBe(2);
  });

  it('serves waiting callers in order', async () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    const order: string[] = [];
    const waiters = ['a', 'b', 'c'].map(async (name) => {
      await bulkhead.acquire(stopAfter());
      order.push(name);
      bulkhead.release(1);
    });
    bulkhead.release(1);
    await Promise.all(waiters);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('lets an aborted caller leave the queue at once, and the next one move up', async () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    const controller = new AbortController();
    const impatient = bulkhead.acquire(stopAfter(1_000, controller.signal));
    const patient = bulkhead.acquire(stopAfter());
    controller.abort(new Error('not wanted'));
    await expect(impatient).rejects.toThrow('not wanted');
    expect(bulkhead.waitingCount).toBe(1);
    bulkhead.release(1);
    expect(await patient).toBe(1);
  });

  it('lets a caller leave the queue when its time limit runs out', async () => {
    const clock = fakeClock();
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    const late = bulkhead.acquire(stopAfter(500, undefined, clock));
    clock.advance(500);
    await expect(late).rejects.toThrow();
    expect(bulkhead.waitingCount).toBe(0);
  });

  it('gives nothing to a caller that has stopped before', () => {
    const bulkhead = bulkheadOf(1);
    const stopped = stopAfter(1_000, AbortSignal.abort(new Error('not wanted')));
    expect(() => bulkhead.acquire(stopped)).toThrow('not wanted');
    expect(bulkhead.acquire(stopAfter())).toBe(1);
  });

  it('refuses all callers once it is closed, and is done when the last item is released', async () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    const waiting = bulkhead.acquire(stopAfter());
    let isDone = false;
    const closed = bulkhead.close(new Error('closed')).then(() => {
      isDone = true;
    });
    await expect(waiting).rejects.toThrow('closed');
    expect(() => bulkhead.acquire(stopAfter())).toThrow('closed');
    expect(isDone).toBe(false);
    bulkhead.release(1);
    await closed;
  });

  it('closes at once when no item is in use', async () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.release(bulkhead.acquire(stopAfter()) as number);
    await bulkhead.close(new Error('closed'));
  });
});

describe('a parked item', () => {
  it('gives its place to the caller that waits longest', async () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    const waiting = bulkhead.acquire(stopAfter());
    bulkhead.park(1);
    expect(await waiting).toBe(2);
    expect(bulkhead.acquire(stopAfter())).toBeInstanceOf(Promise);
  });

  it('counts again once its user goes on', () => {
    const bulkhead = bulkheadOf(1);
    bulkhead.acquire(stopAfter());
    bulkhead.park(1);
    bulkhead.unpark(1);
    expect(bulkhead.acquire(stopAfter())).toBeInstanceOf(Promise);
  });

  it('is discarded at its release when there is one for each place without it', () => {
    const discarded: number[] = [];
    let made = 0;
    const bulkhead = new Bulkhead(
      1,
      () => ++made,
      (item) => discarded.push(item),
    );
    bulkhead.acquire(stopAfter());
    bulkhead.park(1);
    bulkhead.acquire(stopAfter());
    bulkhead.release(1);
    expect([discarded, bulkhead.all]).toEqual([[1], [2]]);
    bulkhead.release(2);
    expect(bulkhead.acquire(stopAfter())).toBe(2);
  });

  it('is discarded for the next caller when too many are parked, the oldest first', async () => {
    const discarded: number[] = [];
    let made = 0;
    const bulkhead = new Bulkhead(
      2,
      () => ++made,
      (item) => discarded.push(item),
    );
    for (let i = 0; i < 100; i++) bulkhead.park(bulkhead.acquire(stopAfter()) as number);
    expect(bulkhead.all.length).toBeLessThanOrEqual(8);
    expect(discarded[0]).toBe(1);
    for (const item of discarded) bulkhead.release(item);
    const closed = bulkhead.close(new Error('closed'));
    for (const item of bulkhead.all) bulkhead.release(item);
    await closed;
  });
});
