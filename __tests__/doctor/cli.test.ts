import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../../lab/child.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';

const CLI = fileURLToPath(new URL('../../src/doctor/cli.ts', import.meta.url));

let elizaNet: StandIn;
beforeAll(async () => {
  elizaNet = await startStandIn();
});
afterAll(() => elizaNet.close());

const run = (...args: string[]) => runScript(CLI, args, { ELIZANET_BASE_URL: elizaNet.url });

describe('plugin-elizanet-fallback', () => {
  it('doctor prints a table and a verdict, and exits with 0 when all checks pass', async () => {
    const { code, stdout } = await run('doctor');
    expect(stdout).toMatch(/^ {2}ok {4}reachable +http:\/\/127\.0\.0\.1:\d+ \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^ {2}warn {2}models +.*\n {2,}→ /m);
    expect(stdout).toContain('Calls that fail over will be answered, 1 warning.');
    expect(code).toBe(0);
  });

  it('doctor --json prints one object, and exits with 1 when a check fails', async () => {
    elizaNet.fault = { kind: 'status', status: 401 };
    const { code, stdout } = await run('doctor', '--json');
    elizaNet.fault = { kind: 'none' };
    const { ok, results } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(results).toContainEqual({
      name: 'key',
      status: 'fail',
      detail: 'not set, but required (401)',
      advice: 'Set ELIZANET_API_KEY to a key that this endpoint accepts',
    });
    expect(code).toBe(1);
  });

  it('--help prints the usage', async () => {
    const { code, stdout } = await run('--help');
    expect(stdout).toContain('Usage: npx @elizaos/plugin-elizanet-fallback doctor');
    expect(code).toBe(0);
  });

  it.each([[[]], [['patient']], [['doctor', '--yaml']]])('prints its usage and exits with 2 for %j', async (flags) => {
    const { code, stdout, stderr } = await run(...flags);
    expect(stderr).toContain('Usage: npx @elizaos/plugin-elizanet-fallback doctor');
    expect([code, stdout]).toEqual([2, '']);
  });
});
