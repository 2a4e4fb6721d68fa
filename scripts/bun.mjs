/**
 * Runs Bun from node_modules. npm's `bun` package installs its binary in an install script, which `.npmrc` disables, so
 * the script is run here when needed. It copies the binary from an installed package, without a download.
 * `node scripts/bun.mjs test` runs all tests except the real tier (bunfig.toml).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bun = join(root, 'node_modules', '.bin', 'bun');

// Until the install script has run, `bun` is an executable placeholder that fails.
const works = () => spawnSync(bun, ['--version']).status === 0;
if (!works()) spawnSync(process.execPath, [join(root, 'node_modules', 'bun', 'install.js')], { stdio: 'inherit' });
if (!existsSync(bun) || !works()) {
  console.error('Bun cannot run: npm has no Bun binary for this platform');
  process.exit(1);
}

const { status } = spawnSync(bun, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: { LOG_LEVEL: 'fatal', ...process.env },
});
process.exit(status ?? 1);
