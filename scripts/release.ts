/**
 * Publishes the package: checks version, changelog and tag, builds, and hands a folder with the package to `npm publish`.
 * The only way to publish, by hand and in the release workflow: package.json is private, so npm refuses the repository
 * itself. `npm run release`; arguments after `--` go to `npm publish`, such as `npm run release -- --dry-run`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { releaseProblems } from './check-release.js';
import { stageRelease } from './stage-release.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Runs npm in the repository, with its output on this terminal. @throws when it fails. */
function npm(...args: string[]): void {
  const { status, error } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw error ?? new Error(`npm ${args[0]} failed`);
}

const problems = releaseProblems({
  version: JSON.parse(read('package.json')).version,
  changelog: read('CHANGELOG.md'),
  tag: process.env.GITHUB_REF_TYPE === 'tag' ? process.env.GITHUB_REF_NAME : undefined,
});
for (const problem of problems) console.error(`Not ready to be published: ${problem}`);
if (problems.length > 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'elizanet-release-'));
try {
  npm('run', '--silent', 'build');
  await stageRelease(ROOT, folder);
  npm('publish', folder, ...process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
