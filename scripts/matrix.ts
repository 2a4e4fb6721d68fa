import { readFileSync } from 'node:fs';
import type { Cell } from '../lab/matrix/cells.js';
import type { CellResult } from '../lab/matrix/laboratory.js';

/** What was seen of the published primaries, by plugin, kind of call and fault: made by running them, never typed. */
export type Matrix = Record<string, Record<string, Record<string, CellResult['outcome']>>>;

/** The file that the documents are made from; a test holds it and a run together. */
export const MATRIX_FILE = new URL('../docs/failover-matrix.json', import.meta.url);

export function readMatrix(): Matrix {
  return JSON.parse(readFileSync(MATRIX_FILE, 'utf8'));
}

export function matrixOf(results: readonly (Cell & { outcome: CellResult['outcome'] })[]): Matrix {
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

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** README's table: how the faults of each plugin and kind of call ended. */
export function matrixSummary(matrix: Matrix): string {
  const kinds = kindsOf(matrix);
  const rows = Object.entries(matrix).map(([plugin, ofPlugin]) => [
    `\`${plugin}\``,
    ...kinds.map((kind) => count(Object.values(ofPlugin[kind] ?? {}))),
  ]);
  const all = Object.values(matrix).flatMap((ofPlugin) => Object.values(ofPlugin).flatMap(Object.values<string>));
  return `${table(['plugin', ...kinds], rows)}\n\nAll plugins: ${count(all)}.`;
}

function count(outcomes: readonly string[]): string {
  if (outcomes.length === 0) return '–';
  const [answered, own] = ['ElizaNet', 'own error'].map((wanted) => outcomes.filter((one) => one === wanted).length);
  return `${answered}${own ? ` + ${own} own` : ''} of ${outcomes.length}`;
}

/** docs/failover-matrix.md: every cell. */
export function matrixDocument(matrix: Matrix): string {
  const sections = Object.entries(matrix).map(([plugin, ofPlugin]) => {
    const kinds = Object.keys(ofPlugin);
    const faults = [...new Set(Object.values(ofPlugin).flatMap((outcomes) => Object.keys(outcomes)))];
    const rows = faults.map((fault) => [fault, ...kinds.map((kind) => ofPlugin[kind]?.[fault] ?? '–')]);
    return `## ${plugin}\n\n${table(['fault', ...kinds], rows)}\n`;
  });
  return `# Failover matrix

Made by \`npm run docs:matrix\`, which runs each published plugin beside the real core against a stand-in on loopback; a
test runs the same on Node and on Bun and compares. Who the answer came from:

- **ElizaNet**: the agent had ElizaNet's answer, core's log names ElizaNet, and the primary had got no more than one
  request by then. Chunks of a stream were the answer's; those of a cut stream were the primary's alone.
- **own error**: the very error object that the primary threw. No cell may end so.

No promise was rejected without a handler, also after the primary's own last try. \`hung\` and \`cut: stall\` end with
\`ELIZANET_PRIMARY_TIMEOUT\`; all others end with the first failing response.

${sections.join('\n')}`;
}
