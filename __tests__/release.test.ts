import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { releaseProblems } from '../scripts/release.js';

const changelog = '# Changelog\n\n## 2.1.0 — 2026-12-01\n\n- One.\n\n## 2.0.0 — 2026-11-01\n';

it('lets a version through whose changelog is dated, with or without its tag', () => {
  expect(releaseProblems({ version: '2.1.0', changelog })).toEqual([]);
  expect(releaseProblems({ version: '2.1.0', changelog, tag: 'v2.1.0' })).toEqual([]);
});

it.each([
  ['a version that the changelog does not begin with', { version: '2.2.0', changelog }, 'begins with 2.1.0'],
  ['an empty changelog', { version: '2.1.0', changelog: '# Changelog\n' }, 'begins with nothing'],
  [
    'a changelog without a day',
    { version: '2.1.0', changelog: '## 2.1.0 — unreleased\n' },
    'put the day of the release in place of "unreleased"',
  ],
  ['the tag of another version', { version: '2.1.0', changelog, tag: 'v2.0.0' }, 'the tag is v2.0.0'],
])('stops %s', (_, release, words) => {
  expect(releaseProblems(release).join()).toContain(words);
});

it('has a changelog for the version in package.json, dated or still to be released', () => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const problems = releaseProblems({
    version: JSON.parse(read('package.json')).version,
    changelog: read('CHANGELOG.md'),
  });
  expect(problems.filter((problem) => !problem.includes('in place of "unreleased"'))).toEqual([]);
});
