import { expect, it } from 'vitest';
import { runChild } from '../../lab/child.js';
import { MISBEHAVIOUR } from '../../lab/misbehaviour.js';

it('an outage does not end a process without an unhandledRejection handler', async () => {
  const { code, output } = await runChild('outage-child.ts');
  expect(output).toContain(JSON.stringify(Array(3).fill('ElizaNet answers this one.')));
  expect(code).toBe(0);
});

it('without the plugin the same outage ends a Node process, but not a Bun process', async () => {
  const { code } = await runChild('outage-child.ts', {}, ['--unprotected']);
  expect(code).toBe(process.versions.bun ? 0 : 1);
});

it('a primary that misbehaves in every known way ends no process, and leaves no call unsettled', async () => {
  const { code, output } = await runChild('misbehaviour-child.ts');
  expect(code, output).toBe(0);
  const outcomes: Record<string, string[]> = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  expect(Object.keys(outcomes)).toEqual(Object.keys(MISBEHAVIOUR));
  for (const ended of Object.values(outcomes)) expect(ended).toHaveLength(3);
});

it('no attack that is known ends the process, gives a wrong answer, hangs or closes a healthy provider', async () => {
  const { code, output } = await runChild('attacks-child.ts');
  expect(code, output).toBe(0);
  expect(JSON.parse(output.trim().split('\n').at(-1) ?? '{}')).toEqual({
    H1: 'ElizaNet answers this one.',
    H2: 'error RESOURCE_FETCH',
    H3: 'quick',
    H4: 'ElizaNet answers this one.',
    H5: 'mine',
    H6: 'right space',
    H7: 64,
    H8: 'error STREAM_INTERRUPTED',
    H9: 'mine',
  });
});
