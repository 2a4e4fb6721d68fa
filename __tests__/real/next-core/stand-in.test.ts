import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REPOSITORY, temporaryFolder } from '../pack.js';
import { ensurePackages } from '../packages.js';

const run = promisify(execFile);

/** The stand-in for the next core, on the newest published core instead of core 1.7.2. */
const TESTS = ['__tests__/failover/next-core', '__tests__/failover/native-results.test.ts'];

let core: string;
let node24: string;
let folder: string;
beforeAll(async () => {
  const [core2, nodes] = [new URL('../compat/core-2/', import.meta.url), new URL('../compat/nodes/', import.meta.url)];
  const place = await ensurePackages(core2);
  core = join(place, 'node_modules', '@elizaos', 'core', 'dist', 'node', 'index.node.js');
  node24 = join(await ensurePackages(nodes), 'node_modules', 'node-24', 'bin', 'node');
  folder = await temporaryFolder('next-core');
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function output(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const options = {
    cwd: REPOSITORY,
    env: { ...process.env, LOG_LEVEL: 'fatal', NO_COLOR: '1', ...env },
    timeout: 300_000,
  };
  const { stdout, stderr } = await run(command, args, options);
  return stdout + stderr;
}

it('its situations hold on core 2.0.0-alpha and Node 24', async () => {
  const vitest = join(REPOSITORY, 'node_modules', 'vitest', 'vitest.mjs');
  const config = fileURLToPath(new URL('vitest.config.ts', import.meta.url));
  const text = await output(node24, [vitest, 'run', '--config', config, ...TESTS], { NEXT_CORE_BASE: core });
  expect(text).toMatch(/Tests +\d+ passed \| 2 skipped/);
}, 300_000);

it('its situations hold on core 2.0.0-alpha and Bun', async () => {
  const tsconfig = join(folder, 'tsconfig.json');
  const paths = { '@elizaos/core': [core] };
  await writeFile(
    tsconfig,
    JSON.stringify({ extends: join(REPOSITORY, 'tsconfig.json'), compilerOptions: { baseUrl: REPOSITORY, paths } }),
  );
  const bun = [join(REPOSITORY, 'scripts', 'bun.mjs'), 'test', '--timeout', '60000', '--tsconfig-override', tsconfig];
  const text = await output(process.execPath, [...bun, ...TESTS.map((path) => `./${path}`)]);
  expect(text).toMatch(/\d+ pass\n *2 skip\n *0 fail/);
}, 300_000);
