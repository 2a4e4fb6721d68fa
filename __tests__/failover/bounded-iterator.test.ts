import { expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { BoundedIterator } from '../../src/failover/bounded-iterator.js';

const noItem = () => {
  throw new TypeError('no item');
};

it.each<[string, () => IteratorResult<string> | Promise<IteratorResult<string>>, unknown]>([
  ['throws at once', noItem, 'no item'],
  ['rejects', async () => noItem(), 'no item'],
  ['gives an item at once', () => ({ done: false, value: 'mine' }), { done: false, value: 'mine' }],
])('a pull of an iterator whose next() %s leaves no timer', async (_, next, outcome) => {
  const clock = fakeClock();
  const bounds = { signal: undefined, clock, idleMs: 1_000, onIdle: () => new Error('idle') };
  const items = new BoundedIterator({ next } as AsyncIterator<string>, bounds);
  expect(await items.next().catch((error) => error.message)).toEqual(outcome);
  expect(clock.pendingCount).toBe(0);
});
