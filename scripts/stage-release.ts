import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Parts of package.json that only the repository needs, and that keep npm from publishing it. */
const REPOSITORY_ONLY = ['private', 'scripts', 'devDependencies'];

/**
 * Makes the package that is published: the files that npm packs in the repository, with a package.json that may be
 * published.
 * @param repository its path; the package has been built there.
 * @param folder an empty folder for the package.
 * @throws when one of the package's entry points is missing.
 */
export async function stageRelease(repository: string, folder: string): Promise<void> {
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: repository });
  const tarball = join(folder, stdout.trim());
  await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  await rm(tarball);

  const manifestFile = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  const entryPoints: string[] = [manifest.main, manifest.types, ...Object.values<string>(manifest.bin)];
  const missing = entryPoints.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) throw new Error(`The package lacks ${missing.join(', ')}; run npm run build first`);

  for (const field of REPOSITORY_ONLY) delete manifest[field];
  manifest.publishConfig = { access: 'public' };
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}
