import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './pack.js';

const run = promisify(execFile);

/** What the documents tell someone to type who has just cloned the repository: each command once, in their order. */
const commands = ['README.md', 'CONTRIBUTING.md'].flatMap((file) => {
  const blocks = [...readFileSync(join(REPOSITORY, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  const ofClone = blocks.map(([, block = '']) => block).filter((block) => block.includes('npm ci'));
  return ofClone.flatMap((block) => block.trim().split(/\n| && /));
});

describe('someone who has just cloned the repository, and has Node', { timeout: 1_800_000 }, () => {
  let clone: string;
  beforeAll(async () => {
    clone = join(await mkdtemp(join(tmpdir(), 'elizanet-newcomer-')), 'plugin');
    // What is committed, and nothing else.
    await run('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, clone]);
  });
  afterAll(() => rm(join(clone, '..'), { recursive: true, force: true }));

  it('finds commands to type', () => {
    expect(commands).toContain('npm ci');
    expect(commands).toContain('npm run demo');
    expect(commands).toContain('npm test');
  });

  // `npm test` is what CI itself runs first, in a fresh clone as well.
  const others = [...new Set(commands)].filter((command) => command !== 'npm test');
  it.each(others)('%s works', async (command) => {
    // Vitest's own variables would make the tests in there believe that they are these.
    const { VITEST: _, NODE_ENV: __, LOG_LEVEL: ___, ...env } = process.env;
    const { stdout } = await run('sh', ['-c', command], { cwd: clone, env, maxBuffer: 64 * 1024 * 1024 });
    if (command === 'npm run demo') expect(stdout).toMatch(/, 0 unanswered; 0 unhandled rejections/);
  });
});
