import { expect, it } from 'vitest';
import { runChild } from '../../lab/child.js';

it('an outage does not end a process without an unhandledRejection handler', async () => {
  const { code, output } = await runChild('outage-child.ts');
  expect(output).toContain(JSON.stringify(Array(3).fill('ElizaNet answers this one.')));
  expect(code).toBe(0);
});

it('without the plugin the same outage ends a Node process, but not a Bun process', async () => {
  const { code } = await runChild('outage-child.ts', {}, ['--unprotected']);
  expect(code).toBe(process.versions.bun ? 0 : 1);
});
