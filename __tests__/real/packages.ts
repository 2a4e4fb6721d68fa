import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildOnce } from './build-once.js';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const NPMRC = fileURLToPath(new URL('../../.npmrc', import.meta.url));
const INSTALL_TIMEOUT_MS = 600_000;

/**
 * Installs the packages of a folder's package-lock.json into `.cache/<folder>/<hash>`, unless it exists.
 * @returns that path
 */
export async function ensurePackages(folder: URL): Promise<string> {
  const source = fileURLToPath(folder);
  const hash = createHash('sha256').update(await readFile(join(source, 'package-lock.json')));
  const place = join(CACHE, basename(source), hash.digest('hex').slice(0, 12));
  await buildOnce(place, (part) => install(source, part));
  return place;
}

async function install(source: string, place: string): Promise<void> {
  console.log(`Installing the packages of ${basename(source)} into .cache: once, about a minute`);
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(place, file));
  // It disables install scripts.
  await copyFile(NPMRC, join(place, '.npmrc'));
  await run('npm', ['ci'], { cwd: place, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
  // npm's `bun` package installs its binary in an install script: run only this one.
  const bun = join(place, 'node_modules', 'bun', 'install.js');
  if (existsSync(bun)) await run(process.execPath, [bun], { cwd: place });
}
