import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cloneRepository } from '../../lab/clean-clone.js';
import { stageRelease } from '../../scripts/stage-release.js';

const run = promisify(execFile);

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const OPTIONS = { timeout: 280_000, maxBuffer: 64 * 1024 * 1024 };

/** Creates a folder outside the repository, so that no module resolves to the repository's. */
export async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `elizanet-${name}-`));
  // It disables install scripts.
  await copyFile(join(REPOSITORY, '.npmrc'), join(folder, '.npmrc'));
  return folder;
}

export interface Packed {
  /** The path of the tarball. */
  tarball: string;
  /** The files in it, by their path in the package. */
  files: string[];
  unpackedBytes: number;
}

/** Packs the build of the repository. */
export async function packPlugin(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: REPOSITORY, ...OPTIONS });
  // Scripts of the package write to stdout too.
  const [{ filename, files, unpackedSize }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  const paths = files.map(({ path }: { path: string }) => path);
  return { tarball: join(folder, filename), files: paths, unpackedBytes: unpackedSize };
}

/**
 * Builds the package from a copy of the repository, and packs it as the release does.
 * @returns the path of the tarball.
 */
export async function packRelease(folder: string): Promise<string> {
  const clone = await cloneRepository();
  try {
    await run('npm', ['run', '--silent', 'build'], { cwd: clone, ...OPTIONS });
    const staged = join(folder, 'staged');
    await mkdir(staged);
    await stageRelease(clone, staged);
    const pack = ['pack', '--silent', '--pack-destination', folder, staged];
    const { stdout } = await run('npm', pack, { cwd: folder, ...OPTIONS });
    return join(folder, stdout.trim());
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

/** Runs npm in a folder. */
export async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('npm', [...args, '--prefer-offline'], { cwd, ...OPTIONS });
  return stdout;
}
