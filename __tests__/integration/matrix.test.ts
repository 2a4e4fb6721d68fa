import { describe, expect, it } from 'vitest';
import { cellsOf, expectedOutcome, PLUGINS } from '../../lab/matrix/cells.js';
import { runMatrix } from '../../lab/matrix/run-matrix.js';
import { MATRIX_FILE, matrixOf, matrixSummary, readMatrix } from '../../scripts/matrix.js';

/** plugin-elizacloud sleeps for 30 s after a 429, and the run waits for the background retries of all primaries. */
const LIMIT_MS = 300_000;

const findings = runMatrix();
// Each test that awaits it gets the rejection; this handler keeps it from being unhandled until then.
findings.catch(() => {});
const findingsOf = async (name: string) => (await findings).find(({ plugin }) => plugin === name);

const WORDS = { primary: 'answered by the primary', ElizaNet: 'answered by ElizaNet', 'own error': 'its own error' };

describe.each(PLUGINS)('plugin-%s', (plugin) => {
  for (const cell of cellsOf(plugin)) {
    const outcome = expectedOutcome(cell);
    const when = cell.fault === 'none' ? 'while healthy' : `on ${cell.fault}`;
    it(
      `${cell.kind} ${when} is ${WORDS[outcome]}`,
      async () => {
        const found = await findingsOf(plugin);
        const result = found?.results.find(({ kind, fault }) => kind === cell.kind && fault === cell.fault);
        expect(result).toMatchObject({ outcome, problems: [] });
      },
      LIMIT_MS,
    );
  }

  it(
    'leaves no unhandled rejection and no pending handler',
    async () => {
      expect(await findingsOf(plugin)).toMatchObject({ unhandled: [], unfinished: 0 });
    },
    LIMIT_MS,
  );
});

it(
  'README and docs show these outcomes (npm run docs:matrix updates them)',
  async () => {
    const matrix = matrixOf((await findings).flatMap(({ results }) => results));
    process.stdout.write(`\n${matrixSummary(matrix)}\n`);
    expect(matrix).toEqual(readMatrix(MATRIX_FILE));
  },
  LIMIT_MS,
);
