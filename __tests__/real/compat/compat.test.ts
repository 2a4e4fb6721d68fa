import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { npm, type Packed, packPlugin, REPOSITORY, temporaryFolder } from '../pack.js';
import { ensurePackages } from '../packages.js';

const run = promisify(execFile);

const PLUGIN = join('node_modules', '@elizaos', 'plugin-elizanet-fallback');
const CORE = join('node_modules', '@elizaos', 'core');

/** What `failover.mjs` prints. */
interface Verdict {
  passed: number;
  failures: Record<string, string>;
  unhandled: string[];
}

let packFolder: string;
let packed: Packed;
let nodes: string;
beforeAll(async () => {
  packFolder = await temporaryFolder('packed');
  packed = await packPlugin(packFolder);
  nodes = await ensurePackages(new URL('nodes/', import.meta.url));
}, 600_000);
afterAll(() => rm(packFolder, { recursive: true, force: true }));

it('the package contains exactly the files it needs', () => {
  const built = /^dist\/(?:index|cli|chunks\/[\w-]+)\.js(?:\.map)?$/;
  const documents = /^(?:README|CHANGELOG|CONTRIBUTING|SECURITY|docs\/[\w-]+)\.md$/;
  const others = ['dist/index.d.ts', 'package.json', 'LICENSE', '.env.example'];
  const files = packed.files.filter((file) => !built.test(file) && !documents.test(file));
  expect(files.sort()).toEqual(others.sort());
  // Two thirds of it are source maps, which hold the sources.
  expect(packed.unpackedBytes).toBeLessThan(2_800_000);
});

/** core 2.x does not load on Node 18: it uses a regular expression flag that Node 20 introduced. */
const CORES: { core: string; source: string; runtimes: string[] }[] = [
  { core: 'core 1.7.2', source: 'core-1', runtimes: ['node-18', 'node-20', 'node-22', 'node-24', 'bun'] },
  { core: 'core 2.0.0-alpha.537', source: 'core-2', runtimes: ['node-20', 'node-22', 'node-24', 'bun'] },
];

describe.each(CORES)('the packed plugin beside $core', ({ source, runtimes }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder(source);
    for (const file of ['package.json', 'package-lock.json']) {
      await copyFile(fileURLToPath(new URL(`${source}/${file}`, import.meta.url)), join(folder, file));
    }
    // npm rejects a core outside the plugin's peer dependency range.
    await npm(folder, 'install', '--strict-peer-deps', packed.tarball);
    await copyFile(fileURLToPath(new URL('failover.mjs', import.meta.url)), join(folder, 'failover.mjs'));
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(runtimes)('fails over on %s', async (runtime) => {
    expect(await failover(runtime, folder)).toEqual(ALL_PASSED);
  });

  it('fails over when the plugin has its own copy of core', async () => {
    await cp(join(folder, CORE), join(folder, PLUGIN, CORE), { recursive: true });
    expect(await failover('node-20', folder)).toEqual(ALL_PASSED);
    expect(await failover('bun', folder)).toEqual(ALL_PASSED);
  });
});

/** As `npx` and `bunx` run it, without the download. */
describe('the packed doctor, without any core', () => {
  let folder: string;
  let elizaNet: StandIn;
  beforeAll(async () => {
    folder = await temporaryFolder('doctor');
    await npm(folder, 'install', '--legacy-peer-deps', packed.tarball);
    elizaNet = await startStandIn();
  }, 600_000);
  afterAll(async () => {
    await elizaNet.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['node-18', 'node-24', 'bun'])('examines an ElizaNet on %s', async (runtime) => {
    expect(existsSync(join(folder, CORE))).toBe(false);
    const [command, args] = commandFor(runtime, join(folder, 'node_modules', '.bin', 'plugin-elizanet-fallback'));
    const env = { ...process.env, ELIZANET_BASE_URL: elizaNet.url };
    const { stdout } = await run(command, [...args, 'doctor', '--json'], { cwd: folder, env, timeout: 50_000 });
    expect(JSON.parse(stdout).ok).toBe(true);
  });
});

const ALL_PASSED: Verdict = { passed: 13, failures: {}, unhandled: [] };

async function failover(runtime: string, folder: string): Promise<Verdict> {
  const [command, args] = commandFor(runtime, join(folder, 'failover.mjs'));
  const { stdout } = await run(command, args, { env: { ...process.env, LOG_LEVEL: 'fatal' }, timeout: 50_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

function commandFor(runtime: string, script: string): [string, string[]] {
  return runtime === 'bun'
    ? [process.execPath, [join(REPOSITORY, 'scripts', 'bun.mjs'), script]]
    : [join(nodes, 'node_modules', runtime, 'bin', 'node'), [script]];
}
