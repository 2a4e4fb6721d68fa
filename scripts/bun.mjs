/**
 * Runs Bun from node_modules. npm's package `bun` puts its binary in place by an install script, and `.npmrc` lets no
 * install script run; this one is ours to run, once, and takes the binary from the package that is there already.
 * `node scripts/bun.mjs test` runs all tests but the real tier (bunfig.toml).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bun = join(root, 'node_modules', '.bin', 'bun');

// Before the install script has run, the placeholder exists, is executable, and fails.
const works = () => spawnSync(bun, ['--version']).status === 0;
if (!works()) spawnSync(process.execPath, [join(root, 'node_modules', 'bun', 'install.js')], { stdio: 'inherit' });
if (!existsSync(bun) || !works()) {
  console.error('Bun could not be set up: npm has no binary of it for this platform');
  process.exit(1);
}

const { status } = spawnSync(bun, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: { LOG_LEVEL: 'fatal', ...process.env },
});
process.exit(status ?? 1);
