import { defineConfig } from 'vitest/config';

/** The real tier: a LiteLLM proxy from PyPI and ElizaOS servers from npm, started on loopback. `npm run test:real`. */
export default defineConfig({
  test: {
    include: ['__tests__/real/**/*.test.ts'],
    env: { LOG_LEVEL: 'fatal' },
    // The AI SDK prints every failure of a stream to the console.
    silent: 'passed-only',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
