/** Run by npm before it publishes: tag, version and changelog have to agree. */
import { readFileSync } from 'node:fs';
import { releaseProblems } from './release.js';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const problems = releaseProblems({
  version: JSON.parse(read('package.json')).version,
  changelog: read('CHANGELOG.md'),
  tag: process.env.GITHUB_REF_TYPE === 'tag' ? process.env.GITHUB_REF_NAME : undefined,
});
for (const problem of problems) console.error(`Not ready to be published: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
