import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HEALTHY } from '../../lab/stand-in/fault.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { CLI, runCli, runDoctor } from './run-doctor.js';

let elizaNet: StandIn;
let folder: string;
beforeAll(async () => {
  elizaNet = await startStandIn();
  folder = mkdtempSync(join(tmpdir(), 'elizanet-doctor-'));
});
afterEach(() => {
  elizaNet.fault = HEALTHY;
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await elizaNet.close();
});

const env = () => ({ ELIZANET_BASE_URL: elizaNet.url });
const VERSION = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

describe('plugin-elizanet-fallback', () => {
  it('doctor prints a table and a verdict, and exits with 0 when all checks pass', async () => {
    const { code, stdout } = await runCli(['doctor'], env());
    expect(stdout).toMatch(/^ {2}ok {4}reachable +http:\/\/127\.0\.0\.1:\d+ \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^ {2}warn {2}models +.*\n {2,}→ /m);
    expect(stdout).toContain('Calls that fail over will be answered, 1 warning.');
    expect(code).toBe(0);
  });

  it('doctor --json prints one object, and exits with 1 when a check fails', async () => {
    elizaNet.fault = { kind: 'status', status: 401 };
    const { code, ok, version, address, results } = await runDoctor(env());
    expect({ ok, version, address }).toEqual({ ok: false, version: VERSION, address: elizaNet.url });
    expect(results.map(({ id }) => id)).toEqual([
      'settings',
      'reachable',
      'key',
      'models',
      'small-model',
      'large-model',
      'embedding',
    ]);
    expect(results).toContainEqual({
      id: 'key',
      name: 'key',
      status: 'fail',
      detail: 'not set, but required (401)',
      advice: 'Set ELIZANET_API_KEY to a key that this endpoint accepts',
    });
    expect(code).toBe(1);
  });

  it('doctor exits with 1 when the fallback is switched off', async () => {
    const { code, byId } = await runDoctor({ ...env(), ELIZANET_FALLBACK_ENABLED: 'false' });
    expect(byId['fallback-disabled']?.status).toBe('fail');
    expect(code).toBe(1);
  });

  it('doctor exits with 0 for an endpoint that lists no models and does not embed, as llama.cpp', async () => {
    elizaNet.fault = ({ path }) =>
      path.endsWith('/chat/completions') ? HEALTHY : { kind: 'status', status: 501, body: 'Not Implemented' };
    const { code, byId } = await runDoctor(env());
    expect([byId.models?.status, byId.embedding?.status, byId['large-model']?.status]).toEqual(['warn', 'warn', 'ok']);
    expect(code).toBe(0);
  });

  it('doctor --url and --key override the settings', async () => {
    elizaNet.requests.length = 0;
    const args = ['--url', elizaNet.url, '--key=sk-of-the-option'];
    const { code } = await runDoctor({ ELIZANET_BASE_URL: 'http://nowhere.invalid' }, args);
    expect(elizaNet.requests.at(-1)?.headers.authorization).toBe('Bearer sk-of-the-option');
    expect(code).toBe(0);
  });

  it('doctor --character reads a project, and ends although the project keeps the process running', async () => {
    const project = join(folder, 'project.mjs');
    writeFileSync(
      project,
      `setInterval(() => {}, 1000);
       export default { agents: [{ character: { name: 'Ann', settings: { ELIZANET_BASE_URL: '${elizaNet.url}' } } }] };`,
    );
    const { code, byId } = await runDoctor({}, ['--character', project]);
    expect(byId.settings?.detail).toMatch(/^ELIZANET_BASE_URL from the character/);
    expect(code).toBe(0);
  });

  it.each([
    [HEALTHY, 0],
    [{ kind: 'status', status: 401 } as const, 1],
  ])('doctor prints no stack when its output is closed, and exits as without that: %j', async (fault, expected) => {
    elizaNet.fault = fault;
    const loader = process.versions.bun ? [] : ['--import', 'tsx'];
    const child = spawn(process.execPath, [...loader, CLI, 'doctor'], { env: { ...process.env, ...env() } });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += data));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([stderr, code]).toEqual(['', expected]);
  });

  it('--help prints the usage', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(stdout).toContain('Usage: npx @elizaos/plugin-elizanet-fallback doctor');
    expect(code).toBe(0);
  });

  it('--version prints the version', async () => {
    const { code, stdout } = await runCli(['--version']);
    expect([code, stdout]).toEqual([0, `${VERSION}\n`]);
  });

  it.each([
    ['The command is missing', []],
    ['There is no command patient', ['patient']],
    ['There is no option --yaml', ['doctor', '--yaml']],
    ['There is no option -y', ['doctor', '-y']],
    ['There is no option --\\u{1b}[31m', ['doctor', '--\u001b[31m']],
    ['--url needs a value', ['doctor', '--url']],
    ['--url needs a value', ['doctor', '--url', '--json']],
    ['--json takes no value', ['doctor', '--json=yes']],
    ['doctor takes no argument now', ['doctor', 'now']],
  ])('says "%s" and prints its usage, and exits with 2, for %j', async (problem, args) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr.split('\n').slice(0, 3)).toEqual([problem, '', expect.stringMatching(/^Usage: npx @elizaos/)]);
    expect([code, stdout]).toEqual([2, '']);
  });
});
