import { expect, it } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.js';

const retryBudget = () => new TokenBucket({ capacity: 10, perCall: 0.1 });

/** How many retries are granted to so many calls that all fail. */
function retriesOf(calls: number, budget = retryBudget()): number {
  let retries = 0;
  for (let call = 0; call < calls; call++) {
    budget.deposit();
    if (budget.withdraw()) retries++;
  }
  return retries;
}

it('retries each call of a short trouble', () => {
  expect(retriesOf(10)).toBe(10);
});

it('retries a tenth of the calls of a long one', () => {
  const budget = retryBudget();
  retriesOf(1_000, budget);
  expect(retriesOf(1_000, budget)).toBe(100);
});

it('has ten retries again after a hundred calls that went well, and not more after a thousand', () => {
  const budget = retryBudget();
  while (budget.withdraw());
  for (let call = 0; call < 1_000; call++) budget.deposit();
  let saved = 0;
  while (budget.withdraw()) saved++;
  expect(saved).toBe(10);
});
