import assert from 'node:assert/strict';
import { findInstance } from '../instances.js';
import { collectGarbage } from './collect-garbage.js';
import { inClosedLab, inLab } from './lab.js';
import { failWith, provider } from './providers.js';
import type { SuiteTest } from './suite-test.js';

const CONCURRENT_CALLS = 20;
const ROUNDS = 60;
const PROMPT_CHARS = 200_000;
/** Accepted heap growth over the rounds: a third of the prompts' size. */
const GROWTH_LIMIT_BYTES = (ROUNDS * PROMPT_CHARS) / 3;

export const tests = {
  'should complete requests within timeout limits': async (host) => {
    await inLab(host, {}, async ({ runtime }) => {
      const limitMs = findInstance(runtime)?.config.ELIZANET_TIMEOUT ?? 0;
      const startedAt = performance.now();
      await runtime.useModel('TEXT_SMALL', { prompt: 'Say hello in one word.' });
      const took = Math.round(performance.now() - startedAt);
      assert.ok(took < limitMs, `A short answer took ${took} ms, ELIZANET_TIMEOUT is ${limitMs}`);
    });
  },

  'should handle concurrent requests efficiently': async (host) => {
    const providers = [provider({ TEXT_SMALL: () => failWith(503) })];
    await inClosedLab(host, { providers }, async ({ runtime, standIn }) => {
      const calls = Array.from({ length: CONCURRENT_CALLS }, () => runtime.useModel('TEXT_SMALL', { prompt: 'Hello' }));
      await Promise.all(calls);
      assert.equal(standIn.requests.length, CONCURRENT_CALLS, 'The number of requests is not the number of calls');
    });
  },

  'should maintain stable memory usage': async (host) => {
    const providers = [provider({ TEXT_SMALL: () => failWith(503) })];
    await inClosedLab(host, { providers }, async ({ runtime, standIn, log }) => {
      const round = async (i: number) => {
        await runtime.useModel('TEXT_SMALL', { prompt: `${i}`.repeat(PROMPT_CHARS / `${i}`.length) });
        // Drop what the test itself keeps.
        standIn.requests.length = 0;
        log.length = 0;
      };
      for (let i = 0; i < ROUNDS; i++) await round(i);
      const before = heapUsed();
      for (let i = 0; i < ROUNDS; i++) await round(i);
      const grown = heapUsed() - before;
      assert.ok(grown < GROWTH_LIMIT_BYTES, `The heap grew by ${grown} bytes over ${ROUNDS} calls`);
    });
  },
} satisfies Record<string, SuiteTest>;

/** Bytes in use after a garbage collection. */
function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
