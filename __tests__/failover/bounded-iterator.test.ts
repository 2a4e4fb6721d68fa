import { expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { BoundedIterator } from '../../src/failover/bounded-iterator.js';

const noItem = () => {
  throw new TypeError('no item');
};

it.each<[string, () => unknown, unknown]>([
  ['throws at once', noItem, expect.any(TypeError)],
  ['rejects', async () => noItem(), expect.any(TypeError)],
  ['gives nothing', () => undefined, expect.any(TypeError)],
  ['gives a text for an item', async () => 'mine', expect.any(TypeError)],
  ['gives an item at once', () => ({ done: false, value: 'mine' }), { done: false, value: 'mine' }],
])('a pull settles, and leaves no timer once stopped, when next() %s', async (_, next, outcome) => {
  const clock = fakeClock();
  const bounds = { signal: undefined, clock, onIdle: () => new Error('idle') };
  const items = new BoundedIterator({ next } as AsyncIterator<string>, bounds);
  items.idleMs = 1_000;
  expect(await items.next().catch((error) => error)).toEqual(outcome);
  items.stop();
  expect(clock.pendingCount).toBe(0);
});
