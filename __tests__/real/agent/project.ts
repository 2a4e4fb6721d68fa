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

/** A folder that `serve.mjs` can be run in. */
export interface Project {
  readonly folder: string;
  /** The Bun that is among the agent's packages. */
  readonly bun: string;
  remove(): Promise<void>;
}

/**
 * Makes a project of an agent. It lies inside the folder of the agent's packages, so that everything in it, our plugin
 * too, finds the one copy of core that is there.
 * @param withPlugin packs the build of our plugin as it would be published, and puts it in.
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
  // Its dependencies are those that are installed here; none of them knows core.
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(place, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(place, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
}
