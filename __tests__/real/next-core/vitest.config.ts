import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Runs unit tests with the core at `NEXT_CORE_BASE` in place of core 1.7.2. Used by stand-in.test.ts. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  resolve: { alias: { '@elizaos/core': process.env.NEXT_CORE_BASE ?? '' } },
  test: {
    include: ['__tests__/failover/**/*.test.ts'],
    env: { LOG_LEVEL: 'fatal' },
    setupFiles: ['./lab/seed.ts'],
    silent: 'passed-only',
    testTimeout: 60_000,
  },
});
