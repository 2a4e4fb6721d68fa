import { expect, it } from 'vitest';
import { importGraph } from '../lab/import-graph.js';

it('an agent that starts loads little: no client, no handler, no suite, and none of what those need', () => {
  const { files, packages } = importGraph(new URL('../src/index.ts', import.meta.url));
  expect(packages.sort()).toEqual(['@elizaos/core', 'lru-cache', 'zod']);
  const loaded = files.map((file) => file.split('/src/')[1]);
  expect(loaded).toContain('http/endpoint.ts');
  expect(loaded).toContain('suites/catalogue.ts');
  expect(loaded).not.toContain('http/transport/undici-transport.ts');
  expect(loaded).not.toContain('models/handlers.ts');
  // The code that runs extensions.
  expect(loaded.filter((file) => file?.includes('extension'))).toEqual([]);
  expect(loaded.filter((file) => file?.startsWith('chain/shared/'))).toEqual([]);
  expect(loaded.filter((file) => file?.startsWith('suites/'))).toEqual([
    'suites/catalogue.ts',
    'suites/newer-build.ts',
  ]);
});

it('the doctor loads nothing of core, which is not there when npx fetches the package alone', () => {
  const { files, packages } = importGraph(new URL('../src/doctor/cli.ts', import.meta.url));
  expect(files.length).toBeGreaterThan(10);
  expect(packages).toContain('zod');
  expect(packages).not.toContain('@elizaos/core');
});
