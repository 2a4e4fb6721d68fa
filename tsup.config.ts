import { defineConfig } from 'tsup';

export default defineConfig({
  // The doctor is an entry of its own: it runs where there is no core.
  entry: { index: 'src/index.ts', cli: 'src/doctor/cli.ts' },
  format: ['esm'],
  target: 'node18',
  platform: 'node',
  dts: { entry: 'src/index.ts' },
  sourcemap: true,
  clean: true,
  // The suites, and what they share with the rest.
  esbuildOptions(options) {
    options.chunkNames = 'chunks/[name]-[hash]';
  },
});
