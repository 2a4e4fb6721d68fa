import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureAgentPackages } from './install.js';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SERVE = fileURLToPath(new URL('serve.mjs', import.meta.url));
const PLUGIN = '@elizaos/plugin-elizanet-fallback';

/** A folder in which `serve.mjs` can run. */
export interface Project {
  readonly folder: string;
  /** The Bun of the agent's packages. */
  readonly bun: string;
  remove(): Promise<void>;
}

/**
 * Creates the project of an agent inside the folder of the agent's packages, so that all plugins, including this one,
 * use its copy of core.
 * @param withPlugin whether to build, pack and install this plugin.
 */
export async function createProject({ withPlugin }: { withPlugin: boolean }): Promise<Project> {
  const packages = await ensureAgentPackages();
  const folder = await mkdtemp(join(packages, 'project-'));
  await copyFile(SERVE, join(folder, 'serve.mjs'));
  if (withPlugin) await addPlugin(folder);
  const remove = () => rm(folder, { recursive: true, force: true });
  return { folder, bun: join(packages, 'node_modules', '.bin', 'bun'), remove };
}

async function addPlugin(folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const tarball = stdout.trim().split('\n').at(-1) ?? '';
  const place = join(folder, 'node_modules', PLUGIN);
  await mkdir(place, { recursive: true });
  await run('tar', ['-xzf', join(folder, tarball), '-C', place, '--strip-components=1']);
  // Link the dependencies of this repository. None of them depends on core.
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(place, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(place, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
}
