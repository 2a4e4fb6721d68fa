export interface Release {
  /** The version in package.json. */
  version: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** The tag that is being released, such as `v2.0.0`; undefined when the release is not made from a tag. */
  tag?: string;
}

/** The reasons why this version must not be published, one sentence each; empty if it may be. */
export function releaseProblems({ version, changelog, tag }: Release): string[] {
  const problems: string[] = [];
  const [, heading] = /^## (.+)$/m.exec(changelog) ?? [];
  const [changelogVersion, date] = heading?.split(' — ') ?? [];
  if (changelogVersion !== version) {
    problems.push(`CHANGELOG.md begins with ${changelogVersion ?? 'no version'}, package.json has version ${version}`);
  } else if (!/^\d{4}-\d\d-\d\d$/.test(date ?? '')) {
    problems.push(`CHANGELOG.md has "${heading}": replace "${date}" with the date of the release`);
  }
  if (tag !== undefined && tag !== `v${version}`)
    problems.push(`the tag is ${tag}, package.json has version ${version}`);
  return problems;
}
