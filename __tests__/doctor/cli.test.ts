import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';

const cli = fileURLToPath(new URL('../../src/doctor/cli.ts', import.meta.url));
/** The same runtime that runs the tests: Bun takes TypeScript as it is. */
const args = process.versions.bun ? [cli] : ['--import', 'tsx', cli];

let elizaNet: StandIn;
beforeAll(async () => {
  elizaNet = await startStandIn();
});
afterAll(() => elizaNet.close());

function run(...flags: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ELIZANET_BASE_URL: elizaNet.url };
    const child = spawn(process.execPath, [...args, ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('plugin-elizanet-fallback', () => {
  it('doctor prints a table, a verdict, and exits with 0 when all is well', async () => {
    const { code, stdout } = await run('doctor');
    expect(stdout).toMatch(/^ {2}ok {4}reachable +http:\/\/127\.0\.0\.1:\d+ \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^ {2}warn {2}models +.*\n {2,}→ /m);
    expect(stdout).toContain('Calls that fail over will be answered, 1 warning.');
    expect(code).toBe(0);
  });

  it('doctor --json prints one object, and exits with 1 when something would fail', async () => {
    elizaNet.fault = { kind: 'status', status: 401 };
    const { code, stdout } = await run('doctor', '--json');
    elizaNet.fault = { kind: 'none' };
    const { ok, results } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(results).toContainEqual({
      name: 'key',
      status: 'fail',
      detail: 'none is set, and one is wanted (401)',
      advice: 'Set ELIZANET_API_KEY to a key that this endpoint accepts',
    });
    expect(code).toBe(1);
  });

  it('--help prints the usage', async () => {
    const { code, stdout } = await run('--help');
    expect(stdout).toContain('Usage: npx @elizaos/plugin-elizanet-fallback doctor');
    expect(code).toBe(0);
  });

  it.each([[[]], [['patient']], [['doctor', '--yaml']]])(
    'exits with 2 and says how it is used for %j',
    async (flags) => {
      const { code, stdout, stderr } = await run(...flags);
      expect(stderr).toContain('Usage: npx @elizaos/plugin-elizanet-fallback doctor');
      expect([code, stdout]).toEqual([2, '']);
    },
  );
});
