import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './pack.js';

const run = promisify(execFile);

/** The commands that README and CONTRIBUTING give for a clone, in order. */
const commands = ['README.md', 'CONTRIBUTING.md'].flatMap((file) => {
  const blocks = [...readFileSync(join(REPOSITORY, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  const ofClone = blocks.map(([, block = '']) => block).filter((block) => block.includes('npm ci'));
  return ofClone.flatMap((block) => block.trim().split(/\n| && /));
});

describe('in a fresh clone', { timeout: 1_800_000 }, () => {
  let clone: string;
  beforeAll(async () => {
    clone = join(await mkdtemp(join(tmpdir(), 'elizanet-newcomer-')), 'plugin');
    await run('git', ['clone', '--quiet', '--no-hardlinks', REPOSITORY, clone]);
  });
  afterAll(() => rm(join(clone, '..'), { recursive: true, force: true }));

  it('the documents contain the basic commands', () => {
    expect(commands).toContain('npm ci');
    expect(commands).toContain('npm run demo');
    expect(commands).toContain('npm test');
  });

  // CI runs `npm test` in a fresh clone too.
  const others = [...new Set(commands)].filter((command) => command !== 'npm test');
  it.each(others)('%s works', async (command) => {
    // With Vitest's variables, the tests of the clone would assume that they run inside this Vitest.
    const { VITEST: _, NODE_ENV: __, LOG_LEVEL: ___, ...env } = process.env;
    const { stdout } = await run('sh', ['-c', command], { cwd: clone, env, maxBuffer: 64 * 1024 * 1024 });
    if (command === 'npm run demo') expect(stdout).toMatch(/, 0 unanswered; 0 unhandled rejections/);
  });
});
