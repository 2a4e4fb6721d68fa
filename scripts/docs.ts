import { FAILURE_RULES, type FailureKind } from '../src/core/failure-rules.js';
import { type SettingName, settingMeta, settingsSchema } from '../src/environment.js';
import { matrixSummary, readMatrix } from './matrix.js';

/** The documents that are made from the code, so that they cannot disagree with it. */

const NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** README's table of settings. */
export function settingsTable(): string {
  const rows = NAMES.map((name) => {
    const { shownDefault, description } = settingMeta(name);
    const shown = shownDefault === undefined ? 'none' : `\`${shownDefault.replaceAll(',', ', ')}\``;
    return `| \`${name}\` | ${shown} | ${description.replaceAll('|', '\\|')} |`;
  });
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

const EFFECT: Record<string, string> = {
  trip: 'at once; Retry-After is kept',
  'trip-longest': 'at once, for the longest time, for all its models; recognised by words alone, as for `rate_limit`',
  count: 'after `ELIZANET_FAILURE_THRESHOLD` in a row',
  ignore: 'no',
};

/** README's contract table: what each kind of failure leads to. */
export function contractTable(): string {
  const rows = (Object.keys(FAILURE_RULES) as FailureKind[]).map((kind) => {
    const { failsOver, breaker, recognisedBy } = FAILURE_RULES[kind];
    const over = failsOver === 'optional' ? 'if listed in `ELIZANET_FALLBACK_ON`' : failsOver;
    return `| \`${kind}\` | ${recognisedBy} | ${over} | ${EFFECT[breaker]} |`;
  });
  return ['| kind | recognised by | fails over | provider is left alone |', '|---|---|---|---|', ...rows].join('\n');
}

/** The whole of `.env.example`: every setting, commented out, with its default. */
export function envExample(): string {
  const entries = NAMES.map((name) => {
    const { shownDefault = '', description, accepts } = settingMeta(name);
    return `# ${description.replaceAll('`', '')}.\n# Must be ${accepts}.\n# ${name}=${shownDefault}\n`;
  });
  return `# Every setting is optional. They may stand in the character's settings as well; keys belong in its secrets.\n\n${entries.join('\n')}`;
}

/** `agentConfig.pluginParameters` of package.json. */
export function pluginParameters(): Record<string, object> {
  return Object.fromEntries(
    NAMES.map((name) => {
      const { type, description, sensitive = false, shownDefault } = settingMeta(name);
      return [
        name,
        {
          type,
          description,
          required: false,
          sensitive,
          ...(shownDefault === undefined ? {} : { default: shownDefault }),
        },
      ];
    }),
  );
}

/** Replaces what stands between the markers of a generated part. */
export function replacePart(document: string, part: string, content: string): string {
  const [start, end] = [`<!-- generated: ${part} -->`, '<!-- /generated -->'];
  const from = document.indexOf(start);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the document has no part "${part}"`);
  return `${document.slice(0, from)}${start}\n${content}\n${document.slice(to)}`;
}

/** docs/how-it-works.md with its generated part brought up to date. */
export function howItWorks(current: string): string {
  return replacePart(current, 'contract', contractTable());
}

/** README with its generated parts brought up to date. */
export function readme(current: string): string {
  const parts = { settings: settingsTable(), contract: contractTable(), matrix: matrixSummary(readMatrix()) };
  return Object.entries(parts).reduce((document, [part, content]) => replacePart(document, part, content), current);
}
