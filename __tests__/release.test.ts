import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { cloneRepository } from '../lab/clean-clone.js';
import { releaseProblems } from '../scripts/check-release.js';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const changelog = '# Changelog\n\n## 2.1.0 — 2026-12-01\n\n- One.\n\n## 2.0.0 — 2026-11-01\n';

it('lets a version through whose changelog is dated, with or without its tag', () => {
  expect(releaseProblems({ version: '2.1.0', changelog })).toEqual([]);
  expect(releaseProblems({ version: '2.1.0', changelog, tag: 'v2.1.0' })).toEqual([]);
});

it.each([
  ['a version that the changelog does not begin with', { version: '2.2.0', changelog }, 'begins with 2.1.0'],
  ['an empty changelog', { version: '2.1.0', changelog: '# Changelog\n' }, 'begins with no version'],
  [
    'a changelog without a date',
    { version: '2.1.0', changelog: '## 2.1.0 — unreleased\n' },
    'replace "unreleased" with the date of the release',
  ],
  ['the tag of another version', { version: '2.1.0', changelog, tag: 'v2.0.0' }, 'the tag is v2.0.0'],
])('stops %s', (_, release, words) => {
  expect(releaseProblems(release).join()).toContain(words);
});

it('has a changelog for the version in package.json, dated or still to be released', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const problems = releaseProblems({
    version: JSON.parse(read('package.json')).version,
    changelog: read('CHANGELOG.md'),
  });
  expect(problems.filter((problem) => !problem.includes('replace "unreleased"'))).toEqual([]);
});

describe('in a clean clone', () => {
  let clone: string;
  let registry: FakeRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
    clone = await cloneRepository();
    await writeFile(join(clone, 'user.npmrc'), `//${registry.host}/:_authToken=token-of-the-test\n`);
  }, 60_000);
  afterAll(async () => {
    registry.close();
    await rm(clone, { recursive: true, force: true });
  });

  it.each([
    ['npm publish', 'npm run release'],
    ['npm publish --dry-run', 'npm run release'],
    ['npm publish --ignore-scripts --force', 'EPRIVATE'],
  ])('%s is refused', async (command, words) => {
    await prepare({ date: '2026-12-01' });
    const { code, output } = await shell(command);
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(registry.published).toEqual([]);
  });

  it.each([
    ['an undated changelog', { date: 'unreleased' }, {}, 'CHANGELOG.md has'],
    ['another version than the changelog', { date: '2026-12-01', version: '9.9.9' }, {}, 'has version 9.9.9'],
    ['another tag', { date: '2026-12-01' }, { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v9.9.9' }, 'the tag is v9.9.9'],
  ])('npm run release with %s is refused', async (_, state, env, words) => {
    await prepare(state);
    const { code, output } = await shell('npm run release', env);
    expect(code).toBe(1);
    expect(output).toContain('Not ready to be published');
    expect(output).toContain(words);
    expect(registry.published).toEqual([]);
  });

  it('the commands of the release workflow publish the build, the command and the documents', async () => {
    const version = await prepare({ date: '2026-12-01' });
    const { jobs } = parseYaml(await readFile(join(clone, '.github/workflows/release.yml'), 'utf8'));
    const steps: { run?: string }[] = jobs.publish.steps;
    const commands = steps.flatMap((step) => step.run ?? []);
    expect(commands.shift()).toBe('npm ci');
    const env = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'owner/plugin' };
    for (const command of commands) {
      const { code, output } = await shell(command, { ...env, GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: `v${version}` });
      expect(code, output).toBe(0);
    }

    expect(registry.published).toHaveLength(1);
    await writeFile(join(clone, 'published.tgz'), registry.published[0] as Buffer);
    await run('tar', ['-xzf', 'published.tgz'], { cwd: clone });
    const published = join(clone, 'package');
    for (const file of ['dist/index.js', 'dist/index.d.ts', 'dist/cli.js', 'README.md', 'docs/settings.md']) {
      expect(existsSync(join(published, file)), file).toBe(true);
    }
    const { stdout: usage } = await run(process.execPath, [join(published, 'dist', 'cli.js'), '--help']);
    expect(usage).toContain('doctor');
    const manifest = JSON.parse(await readFile(join(published, 'package.json'), 'utf8'));
    expect(manifest.repository.url).toBe('git+https://git.example/owner/plugin.git');
    expect(manifest.bin).toEqual({ 'plugin-elizanet-fallback': 'dist/cli.js' });
    expect(manifest.publishConfig).toEqual({ access: 'public' });
    for (const field of ['private', 'scripts', 'devDependencies']) expect(manifest).not.toHaveProperty(field);
  }, 240_000);

  /** Puts a date into the changelog, and another version into package.json. @returns the version. */
  async function prepare({ date, version }: { date: string; version?: string }): Promise<string> {
    const changelog = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8');
    await writeFile(join(clone, 'CHANGELOG.md'), changelog.replace(/^(## \S+ — ).*$/m, `$1${date}`));
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    manifest.version = version ?? manifest.version;
    await writeFile(join(clone, 'package.json'), JSON.stringify(manifest, null, 2));
    return manifest.version;
  }

  /** Runs a command in the clone, with the registry of this test in place of npm's. */
  function shell(command: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
    const outside = Object.entries(process.env).filter(([name]) => !/^(?:npm_|GITHUB_|VITEST|NODE_ENV$)/i.test(name));
    const settings = {
      npm_config_registry: `http://${registry.host}/`,
      npm_config_userconfig: join(clone, 'user.npmrc'),
      npm_config_fetch_retries: '0',
    };
    const options = { cwd: clone, env: { ...Object.fromEntries(outside), ...settings, ...env } };
    return new Promise((resolve) => {
      execFile('sh', ['-c', command], options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });
  }
});

/** Keeps what is published to it, and has no other package. */
interface FakeRegistry {
  /** Host and port. */
  host: string;
  /** The tarballs. */
  published: Buffer[];
  close(): void;
}

async function startRegistry(): Promise<FakeRegistry> {
  const published: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.method !== 'PUT') return response.writeHead(404).end('{}');
    const { _attachments } = JSON.parse(Buffer.concat(parts).toString());
    const [attachment] = Object.values<{ data: string }>(_attachments);
    published.push(Buffer.from(attachment?.data ?? '', 'base64'));
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
