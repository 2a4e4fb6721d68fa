import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { scriptsOf } from '../../../lab/documents.js';
import { startStandIn } from '../../../lab/stand-in/server.js';
import elizaNet from '../../../src/index.js';
import { runShell } from '../shell.js';
import { type CliRun, cliEnvironment, elizaosTest } from './cli.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const testCount = (elizaNet.tests ?? []).flatMap(({ tests }) => tests).length;

describe('elizaos test', { timeout: 600_000 }, () => {
  let run: CliRun;
  beforeAll(async () => {
    run = await elizaosTest(repository, []);
  }, 600_000);

  it('exits with 0', () => {
    expect(run.code, run.output.slice(-4_000)).toBe(0);
  });

  it('runs the component tests under Bun, without the real tier', () => {
    const [, passed] = /^\s*(\d+) pass$/m.exec(run.output) ?? [];
    expect(Number(passed)).toBeGreaterThan(200);
    expect(run.output).toMatch(/^\s*0 fail$/m);
    expect(run.output).not.toContain('__tests__/real/');
  });

  // The exit code is 0 too when another plugin's suites ran, or none.
  it("runs all of the plugin's own suites, on the build", () => {
    expect(run.output).toContain('dist/index.js');
    expect(run.output).toContain('Found test suites for plugin: elizanet-fallback');
    expect(run.output).toContain(`Test Summary: ${testCount} passed, 0 failed, 0 skipped`);
  });
});

describe('elizaos test with a build of older code', { timeout: 300_000 }, () => {
  it('runs the suites of the build that it makes', async () => {
    // It loads the old build, deletes it, and makes a new one, whose chunks have other names.
    const chunks = join(repository, 'dist', 'chunks');
    const [chunk = ''] = (await readdir(chunks)).filter((name) => /^text-\w+\.js$/.test(name));
    await rename(join(chunks, chunk), join(chunks, 'text-OLDER.js'));
    const index = join(repository, 'dist', 'index.js');
    await writeFile(index, (await readFile(index, 'utf8')).replace(chunk, 'text-OLDER.js'));
    const [command = ''] = scriptsOf('CONTRIBUTING.md', 'Commands');
    const { code, output } = await runShell(command, { cwd: repository, env: (await cliEnvironment()).env });
    expect(output).toContain('Found test suites for plugin: elizanet-fallback');
    expect(output).toContain(`Test Summary: ${testCount} passed, 0 failed, 0 skipped`);
    expect(code).toBe(0);
  });
});

describe('elizaos test with ELIZANET_SUITE_LIVE', { timeout: 300_000 }, () => {
  it('calls the configured ElizaNet', async () => {
    const elizaNetServer = await startStandIn();
    const env = { ELIZANET_SUITE_LIVE: 'true', ELIZANET_BASE_URL: elizaNetServer.url };
    const run = await elizaosTest(repository, ['--type', 'e2e', '--skip-build'], env);
    await elizaNetServer.close();
    expect(run.output).toContain(`Test Summary: ${testCount} passed, 0 failed, 0 skipped`);
    expect(run.code).toBe(0);
    expect(elizaNetServer.calls.length).toBeGreaterThan(10);
  });

  it('fails with a message that says what to fix', async () => {
    const elizaNetServer = await startStandIn();
    elizaNetServer.fault = { kind: 'status', status: 401 };
    const env = {
      ELIZANET_SUITE_LIVE: 'true',
      ELIZANET_BASE_URL: elizaNetServer.url,
      ELIZANET_API_KEY: 'sk-wrong-one',
    };
    const run = await elizaosTest(repository, ['--type', 'e2e', '--skip-build', '--name', 'connection'], env);
    await elizaNetServer.close();
    expect(run.code).toBe(1);
    expect(run.output).toContain('Set ELIZANET_API_KEY to a key that this endpoint accepts');
    expect(run.output).not.toContain('sk-wrong-one');
  });
});
