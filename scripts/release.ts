export interface Release {
  /** The version in package.json. */
  version: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** The tag that is being published, such as `v2.0.0`; undefined when it is not done from a tag. */
  tag?: string;
}

/** What keeps a version from being published, in words; empty when nothing does. */
export function releaseProblems({ version, changelog, tag }: Release): string[] {
  const problems: string[] = [];
  const [, heading] = /^## (.+)$/m.exec(changelog) ?? [];
  const [ofChangelog, date] = heading?.split(' — ') ?? [];
  if (ofChangelog !== version) {
    problems.push(`CHANGELOG.md begins with ${ofChangelog ?? 'nothing'}, package.json says ${version}`);
  } else if (!/^\d{4}-\d\d-\d\d$/.test(date ?? '')) {
    problems.push(`CHANGELOG.md says "${heading}": put the day of the release in place of "${date}"`);
  }
  if (tag !== undefined && tag !== `v${version}`) problems.push(`the tag is ${tag}, package.json says ${version}`);
  return problems;
}
