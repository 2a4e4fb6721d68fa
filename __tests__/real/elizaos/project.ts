import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../agent/user.js';
import { freePort } from '../free-port.js';
import { temporaryFolder } from '../pack.js';
import { ensurePackages } from '../packages.js';
import { type RunningShell, startShell } from '../shell.js';
import { cliEnvironment, NO_PROVIDER } from './cli.js';

const run = promisify(execFile);

const START_TIMEOUT_MS = 180_000;

export interface Project {
  readonly folder: string;
  /** For commands in it: `elizaos` and `bun` are on the path. */
  readonly env: NodeJS.ProcessEnv;
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
  const { env } = await cliEnvironment();
  return {
    folder,
    env: {
      ...env,
      // As the `elizaos` command does outside of CI: it hands over to the CLI of the project.
      PATH: `${join(folder, 'node_modules', '.bin')}${delimiter}${env.PATH}`,
      SERVER_HOST: '127.0.0.1',
      PGLITE_DATA_DIR: join(folder, '.database'),
      // The CLI reports errors to its vendor's Sentry. Only the address can be changed: to a closed port.
      SENTRY_DSN: 'http://none@127.0.0.1:9/1',
      DO_NOT_TRACK: '1',
      CI: 'true',
      NO_COLOR: '1',
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Writes the project's `.env`. */
export async function writeEnv({ folder }: Project, env: Record<string, string>): Promise<void> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, '.env'), lines.join(''));
}

export interface StartedProject extends RunningShell {
  readonly url: string;
  readonly agentId: string;
}

/** Runs a script that ends with `elizaos start`, and waits for the agent. Starts with an empty database. */
export async function startProject(project: Project, script: string): Promise<StartedProject> {
  const port = await freePort();
  const database = join(project.folder, '.database');
  await rm(database, { recursive: true, force: true });
  await mkdir(database);
  const shell = startShell(script, { cwd: project.folder, env: { ...project.env, SERVER_PORT: String(port) } });
  const url = `http://127.0.0.1:${port}`;
  const agentId = await eventually(
    async () => (shell.alive ? firstAgent(url) : 'ended'),
    (id) => id !== undefined,
    START_TIMEOUT_MS,
  );
  if (agentId === undefined || agentId === 'ended') {
    await shell.stop();
    throw new Error(`The project did not start:\n${shell.log()}`);
  }
  // Not a spread: `alive` is a getter.
  return Object.assign(shell, { url, agentId });
}

async function firstAgent(url: string): Promise<string | undefined> {
  try {
    const { data } = (await (await fetch(`${url}/api/agents`)).json()) as { data: { agents: { id: string }[] } };
    return data.agents[0]?.id;
  } catch {
    return undefined;
  }
}
