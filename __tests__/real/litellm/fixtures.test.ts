import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_NAMES, recordFixtures } from './fixtures.js';

const DIRECTORY = new URL('../../fixtures/litellm/', import.meta.url);

describe('the recorded fixtures', () => {
  let recorded: Map<string, string>;

  beforeAll(async () => {
    recorded = await recordFixtures();
  });

  it.each(FIXTURE_NAMES)('%s is what LiteLLM answers', async (name) => {
    const read = name.endsWith('.json') ? JSON.parse : String;
    expect(read(recorded.get(name) ?? 'null')).toEqual(read(await readFile(new URL(name, DIRECTORY), 'utf8')));
  });

  it('include no file that is not recorded', async () => {
    const kept = (await readdir(DIRECTORY)).filter((name) => name !== 'README.md');
    expect(kept.sort()).toEqual([...FIXTURE_NAMES].sort());
  });
});
