import { expect, it } from 'vitest';
import { type Policy, simulate } from '../../../bench/scale/simulate.js';
import { seededRandom } from '../../../lab/random.js';

const MINUTE_MS = 60_000;

function run(policy: Policy) {
  return simulate({
    policy,
    agentCount: 300,
    callEveryMs: 10_000,
    elizaNetPerSecond: 60,
    outageFromMs: MINUTE_MS,
    outageUntilMs: 11 * MINUTE_MS,
    endMs: 18 * MINUTE_MS,
    random: seededRandom(1),
  });
}

it('a simulated fleet with Redis leaves a dead primary alone, comes back soon, and leaves no call unanswered', () => {
  const [none, local, shared] = [run('none'), run('local'), run('shared')];
  expect(local.deadCalls).toBeLessThan(none.deadCalls / 3);
  expect(shared.deadCalls).toBeLessThan(local.deadCalls / 20);
  expect(shared.backMs).toBeLessThan(MINUTE_MS);
  expect(shared.unanswered).toBe(0);
  expect(shared.redisMessages).toBeLessThan(200);
});

it('gives the same result for the same seed', () => {
  expect(run('shared')).toEqual(run('shared'));
});
