import { execFile, spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../agent/user.js';
import { endProcess, hasEnded, logOf } from '../child-process.js';
import { freePort } from '../free-port.js';
import { npm, packPlugin, REPOSITORY, temporaryFolder } from '../pack.js';
import { ensurePackages } from '../packages.js';
import { cliEnvironment, NO_PROVIDER } from './cli.js';

const run = promisify(execFile);

const PLUGIN = '@elizaos/plugin-elizanet-fallback';
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 10_000;

export interface Project {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Creates a new project as `elizaos create` does, from the CLI's template and packages. The command itself downloads a
 * dependency of the web client from GitHub, so the client is left out here.
 */
export async function createProject(): Promise<Project> {
  const packages = await ensurePackages(new URL('.', import.meta.url));
  const folder = await temporaryFolder('project');
  const template = join(packages, 'node_modules', '@elizaos', 'cli', 'templates', 'project-starter');
  await cp(template, folder, { recursive: true, filter: (path) => !/\/(?:frontend|__tests__)$/.test(path) });
  // Hard links where the file system supports them: it is half a gigabyte.
  const copy = (flags: string) => run('cp', [flags, join(packages, 'node_modules'), folder]);
  await copy('-al').catch(() => copy('-a'));
  // npm writes to this file: a hard link would change the cache too.
  await rm(join(folder, 'node_modules', '.package-lock.json'), { force: true });
  await rm(join(folder, NO_PROVIDER), { recursive: true, force: true });
  const manifest = JSON.parse(await readFile(join(template, 'package.json'), 'utf8'));
  const { dependencies } = JSON.parse(await readFile(join(packages, 'package.json'), 'utf8'));
  const own = { ...manifest, name: 'my-agent', dependencies, devDependencies: {} };
  await writeFile(join(folder, 'package.json'), JSON.stringify(own, null, 2));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Follows the beginning of README: runs its first command, and saves its example character.
 * @param endpoint replaces the address and the key in the example.
 * @returns the character file, and the command as written in README.
 */
export async function followReadme(
  folder: string,
  endpoint: { url: string; key: string },
): Promise<{ command: string; characterFile: string }> {
  const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8');
  const [command = ''] = /^npm install .+$/m.exec(readme) ?? [];
  const [, json = ''] = /^```json\n([\s\S]+?)^```$/m.exec(readme) ?? [];
  const packFolder = await temporaryFolder('packed');
  const { tarball } = await packPlugin(packFolder);
  // The version under test is not published: install the tarball.
  await npm(folder, ...command.replace(PLUGIN, tarball).split(' ').slice(1));
  await rm(packFolder, { recursive: true, force: true });
  const character = JSON.parse(json);
  character.settings.ELIZANET_BASE_URL = endpoint.url;
  character.secrets.ELIZANET_API_KEY = endpoint.key;
  const characterFile = 'my-agent.json';
  await writeFile(join(folder, characterFile), JSON.stringify(character, null, 2));
  return { command, characterFile };
}

export interface StartedProject {
  readonly url: string;
  readonly agentId: string;
  readonly alive: boolean;
  log(): string;
  stop(): Promise<void>;
}

/** Runs `elizaos start` with these settings in the project's `.env`. */
export async function startProject(
  folder: string,
  characterFile: string,
  env: Record<string, string>,
): Promise<StartedProject> {
  const port = await freePort();
  const lines = Object.entries({ ...env, PGLITE_DATA_DIR: join(folder, '.database'), LOG_LEVEL: 'warn' });
  await writeFile(join(folder, '.env'), lines.map(([name, value]) => `${name}=${value}\n`).join(''));
  const { env: cli } = await cliEnvironment();
  const elizaos = join(folder, 'node_modules', '.bin', 'elizaos');
  const child = spawn(elizaos, ['start', '--character', characterFile, '--port', String(port)], {
    cwd: folder,
    // The CLI reports errors to its vendor's Sentry. Only the address can be changed: to a closed port.
    env: { ...cli, SERVER_HOST: '127.0.0.1', SENTRY_DSN: 'http://none@127.0.0.1:9/1', DO_NOT_TRACK: '1', CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = logOf(child);
  const stop = () => endProcess(child, STOP_TIMEOUT_MS);
  const url = `http://127.0.0.1:${port}`;
  const agentId = await eventually(
    async () => (hasEnded(child) ? 'ended' : firstAgent(url)),
    (id) => id !== undefined,
    START_TIMEOUT_MS,
  );
  if (agentId === undefined || agentId === 'ended') {
    await stop();
    throw new Error(`The project did not start:\n${log()}`);
  }
  return {
    url,
    agentId,
    get alive() {
      return !hasEnded(child);
    },
    log,
    stop,
  };
}

async function firstAgent(url: string): Promise<string | undefined> {
  try {
    const { data } = (await (await fetch(`${url}/api/agents`)).json()) as { data: { agents: { id: string }[] } };
    return data.agents[0]?.id;
  } catch {
    return undefined;
  }
}
