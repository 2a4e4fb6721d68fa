import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../lab/chaos/run.js';
import { anyScenario } from '../../lab/chaos/scenario.js';
import { violationsOf } from '../../lab/chaos/violations.js';
import { createNextGuarded } from '../../lab/next-core/guarded.js';

/** `FUZZ_RUNS=20000 FUZZ_SEED=$RANDOM` tries more. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 150);

describe('calls that overlap, of providers that do anything', () => {
  it('keep what the guard promises', async () => {
    await fc.assert(
      fc.asyncProperty(anyScenario(), async (scenario) => {
        expect(violationsOf(await runScenario(scenario))).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('keep it on a core that fails over itself', async () => {
    await fc.assert(
      fc.asyncProperty(anyScenario(), async (scenario) => {
        expect(violationsOf(await runScenario(scenario, createNextGuarded), 'next')).toEqual([]);
      }),
      { numRuns },
    );
  });
});
