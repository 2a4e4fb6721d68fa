import { readFileSync } from 'node:fs';
import type { CellResult } from '../lab/matrix/laboratory.js';
import { table } from './table.js';

/** The measured outcome of each case, by plugin, kind of call and fault. */
export type Matrix = Record<string, Record<string, Record<string, CellResult['outcome']>>>;

/** What `npm run docs:matrix` measured with the published plugins. A test compares the file with a run. */
export const MATRIX_FILE = new URL('../docs/failover-matrix.json', import.meta.url);

/** What `npm run docs:matrix:ai-sdk` measured: native calls of a primary written with the AI SDK. The real tier compares. */
export const AI_SDK_MATRIX_FILE = new URL('../docs/failover-matrix-ai-sdk.json', import.meta.url);

export function readMatrix(file: URL): Matrix {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The text of a file of outcomes. */
export function matrixJson(matrix: Matrix): string {
  return `${JSON.stringify(matrix, null, 2)}\n`;
}

interface Result {
  plugin: string;
  kind: string;
  fault: string;
  outcome: CellResult['outcome'];
}

export function matrixOf(results: readonly Result[]): Matrix {
  const matrix: Matrix = {};
  for (const { plugin, kind, fault, outcome } of results) {
    if (fault === 'none') continue;
    matrix[plugin] ??= {};
    matrix[plugin][kind] ??= {};
    matrix[plugin][kind][fault] = outcome;
  }
  return matrix;
}

const kindsOf = (matrix: Matrix) => [...new Set(Object.values(matrix).flatMap((kinds) => Object.keys(kinds)))];

/** How the faults of each plugin and kind of call ended, as a table of counts. */
export function matrixSummary(matrix: Matrix): string {
  const kinds = kindsOf(matrix);
  const rows = Object.entries(matrix).map(([plugin, ofPlugin]) => [
    `\`${plugin}\``,
    ...kinds.map((kind) => shownCount(Object.values(ofPlugin[kind] ?? {}))),
  ]);
  return `${table(['plugin', ...kinds], rows)}\n\nTogether: ${shownCount(outcomesOf(matrix))}.`;
}

/** README's sentence. */
export function matrixSentence(published: Matrix, aiSdk: Matrix): string {
  const plugins = Object.keys(published).length;
  return `Measured with ${plugins} published provider plugins, each kind of call and each way to fail: ElizaNet answered ${shownCount(outcomesOf(published))} failing calls. The same with native calls of a provider written with the AI SDK, on a [stand-in for the next core](docs/core-2x.md): ${shownCount(outcomesOf(aiSdk))}. No promise rejected unhandled. [Every case](docs/failover-matrix.md)`;
}

const outcomesOf = (matrix: Matrix): string[] =>
  Object.values(matrix).flatMap((ofPlugin) => Object.values(ofPlugin).flatMap(Object.values<string>));

function shownCount(outcomes: readonly string[]): string {
  const answered = outcomes.filter((outcome) => outcome === 'ElizaNet').length;
  return outcomes.length === 0 ? '–' : `${answered} of ${outcomes.length}`;
}

/** docs/failover-matrix.md: every case. */
export function matrixDocument(published: Matrix, aiSdk: Matrix): string {
  return `# Failover matrix

Every published provider plugin, each kind of call, each way to fail: \`npm run docs:matrix\` runs the plugin beside the
real core, against a server on loopback that fails, and writes this page. A test repeats the run on Node and on Bun and
compares.

**ElizaNet** means: the agent got ElizaNet's answer, core's log names ElizaNet, and the primary had received no more than one
request by then. The chunks of a stream were ElizaNet's; those of a cut stream were the primary's only. Any other outcome
would be a defect.

No promise rejected without a handler, not even after the primary's own last retry. \`hung\` and \`cut: stall\` failed over
after \`ELIZANET_PRIMARY_TIMEOUT\`, all others after the first failing response.

The counts:

${matrixSummary(published)}

The rows of \`ai-sdk\` are native calls (\`messages\`, \`tools\`, \`responseSchema\`) of a primary that is written with the AI SDK
(\`ai\` 6, \`@ai-sdk/openai\` 3), on a [stand-in for the next core's dispatch](core-2x.md). In each, ElizaNet was asked once, and
the tool calls are ElizaNet's own and whole. \`npm run docs:matrix:ai-sdk\` measures them; the real tier
(\`npm run test:real -- next-core\`) repeats the run on Node and compares.

${matrixSummary(aiSdk)}

${sectionsOf(published)}
${sectionsOf(aiSdk)}`;
}

function sectionsOf(matrix: Matrix): string {
  const sections = Object.entries(matrix).map(([plugin, ofPlugin]) => {
    const kinds = Object.keys(ofPlugin);
    const faults = [...new Set(Object.values(ofPlugin).flatMap((outcomes) => Object.keys(outcomes)))];
    const rows = faults.map((fault) => [fault, ...kinds.map((kind) => ofPlugin[kind]?.[fault] ?? '–')]);
    return `## ${plugin}\n\n${table(['fault', ...kinds], rows)}\n`;
  });
  return sections.join('\n');
}
