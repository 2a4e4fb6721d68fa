import { type BreakerEffect, FAILURE_RULES, type FailureKind, type FailureRule } from '../src/core/failure-rules.js';
import { ENDPOINT_SETTINGS, INHERITED_SETTINGS, settingOf } from '../src/endpoint-settings.js';
import { type SettingName, settingMeta, settingsSchema } from '../src/environment.js';
import { LOG_LINES } from '../src/observe/log-lines.js';
import { METRICS, type MetricName } from '../src/observe/metrics/definitions.js';
import { AI_SDK_MATRIX_FILE, MATRIX_FILE, matrixDocument, matrixSentence, readMatrix } from './matrix.js';
import { table } from './table.js';

/** The parts of the documents that are generated from the code. __tests__/docs.test.ts compares them. */

const NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** The settings that README shows: those that most agents set. */
const README_SETTINGS: readonly SettingName[] = [
  'ELIZANET_BASE_URL',
  'ELIZANET_API_KEY',
  'ELIZANET_SMALL_MODEL',
  'ELIZANET_LARGE_MODEL',
  'ELIZANET_EMBEDDING_MODEL',
];

/** README's table of settings. */
export function readmeSettings(): string {
  const rows = README_SETTINGS.map((name) => {
    const { description, accepts } = settingMeta(name);
    return [`\`${name}\``, shownDefault(name), accepts, `${description}.`];
  });
  return table(['setting', 'default', 'allowed values', 'meaning'], rows);
}

/** The table of docs/settings.md: every setting. */
export function settingsTable(): string {
  const rows = NAMES.map((name) => {
    const { description, accepts, unit = '–' } = settingMeta(name);
    // The unit has a column of its own.
    return [`\`${name}\``, shownDefault(name), unit, accepts.replace(` of ${unit} `, ' '), `${description}.`];
  });
  return table(['setting', 'default', 'unit', 'allowed values', 'meaning'], rows);
}

/** The second table of docs/settings.md: the settings of a further endpoint. */
export function endpointSettingsTable(): string {
  const rows = ENDPOINT_SETTINGS.map((name) => {
    const { accepts, description, unit } = settingMeta(name);
    const inherited: readonly string[] = INHERITED_SETTINGS;
    const unset = inherited.includes(name) ? `\`${name}\`` : name === 'ELIZANET_BASE_URL' ? 'no such endpoint' : 'none';
    return [`\`${settingOf(name, 2)}\``, unset, accepts.replace(` of ${unit} `, ' '), `${description}.`];
  });
  return table(['setting', 'if unset', 'allowed values', 'meaning'], rows);
}

function shownDefault(name: SettingName): string {
  const { shownDefault } = settingMeta(name);
  return shownDefault === undefined ? 'none' : `\`${shownDefault.replaceAll(',', ', ')}\``;
}

const FAILS_OVER: Record<FailureRule['failsOver'], string> = {
  yes: 'by default',
  optional: 'if listed in `ELIZANET_FALLBACK_ON`',
  no: 'no',
};

const EFFECT: Record<BreakerEffect, string> = {
  trip: 'at once, at least for the Retry-After',
  'trip-longest':
    'at once, for `ELIZANET_COOLDOWN_MAX`, for all models of the provider; recognised by words alone, as `rate_limit`',
  count: 'after `ELIZANET_FAILURE_THRESHOLD` failures in a row',
  ignore: 'no',
};

/** The table of docs/how-it-works.md: what happens after each kind of failure. */
export function failureTable(): string {
  const rows = (Object.keys(FAILURE_RULES) as FailureKind[]).map((kind) => {
    const { failsOver, breaker, recognisedBy } = FAILURE_RULES[kind];
    return [`\`${kind}\``, recognisedBy, FAILS_OVER[failsOver], EFFECT[breaker]];
  });
  return table(['kind', 'recognised by', 'fails over', 'opens the circuit'], rows);
}

/** The table of docs/operations.md: every line that the plugin can log. */
export function logLinesTable(): string {
  const rows = Object.values(LOG_LINES).map(({ level, text, meaning }) => [level, `\`${text}\``, meaning]);
  return table(['level', 'line', 'meaning, and what to do'], rows);
}

/** The table of docs/operations.md: every metric. */
export function metricsTable(): string {
  const rows = (Object.keys(METRICS) as MetricName[]).map((name) => {
    const { type, labels, help } = METRICS[name];
    return [`\`elizanet_${name}\``, type, labels.map((label) => `\`${label}\``).join(', ') || '–', `${help}.`];
  });
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}

/** A description for a file that renders no links: they are written relative to `docs`. */
function plain(description: string): string {
  return description.replace(/(See )?\[([^\]]*)\]\(([\w-]+\.md)[^)]*\)/g, (_, see, text, file) =>
    see ? `See docs/${file}` : `${text}: docs/${file}`,
  );
}

/** The whole of `.env.example`: every setting, commented out, with its default. */
export function envExample(): string {
  const entries = NAMES.map((name) => {
    const { shownDefault = '', description, accepts } = settingMeta(name);
    return `# ${plain(description).replaceAll('`', '')}.\n# Must be ${accepts}.\n# ${name}=${shownDefault}\n`;
  });
  return `# All settings are optional. They may also be in the character's settings; put the API key into its secrets.\n\n${entries.join('\n')}`;
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
          description: plain(description),
          required: false,
          sensitive,
          ...(shownDefault === undefined ? {} : { default: shownDefault }),
        },
      ];
    }),
  );
}

/** Replaces the text between the markers of a generated part. */
export function replacePart(document: string, part: string, content: string): string {
  const [start, end] = [`<!-- generated: ${part} -->`, '<!-- /generated -->'];
  const from = document.indexOf(start);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the document has no part "${part}"`);
  return `${document.slice(0, from)}${start}\n${content}\n${document.slice(to)}`;
}

const readMatrices = () => [readMatrix(MATRIX_FILE), readMatrix(AI_SDK_MATRIX_FILE)] as const;

/** The documents with generated parts, by path: each function returns the document with its part brought up to date. */
export const GENERATED: Readonly<Record<string, (current: string) => string>> = {
  'README.md': (current) =>
    replacePart(replacePart(current, 'settings', readmeSettings()), 'matrix', matrixSentence(...readMatrices())),
  'docs/settings.md': (current) =>
    replacePart(replacePart(current, 'settings', settingsTable()), 'endpoint settings', endpointSettingsTable()),
  'docs/operations.md': (current) =>
    replacePart(replacePart(current, 'log lines', logLinesTable()), 'metrics', metricsTable()),
  'docs/how-it-works.md': (current) => replacePart(current, 'failures', failureTable()),
  'docs/failover-matrix.md': () => matrixDocument(...readMatrices()),
  '.env.example': envExample,
  'package.json': (current) => {
    const manifest = JSON.parse(current);
    manifest.agentConfig = { pluginType: 'elizaos:plugin:1.0.0', pluginParameters: pluginParameters() };
    return `${JSON.stringify(manifest, null, 2)}\n`;
  },
};
