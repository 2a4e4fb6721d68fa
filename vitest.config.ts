import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    // The real tier needs a Python environment, half a gigabyte of packages, and minutes: `npm run test:real`.
    exclude: ['__tests__/real/**'],
    env: { LOG_LEVEL: 'fatal' },
    setupFiles: ['./lab/seed.ts'],
    // The AI SDK prints every failure of a stream to the console.
    silent: 'passed-only',
    testTimeout: 60_000,
  },
});
