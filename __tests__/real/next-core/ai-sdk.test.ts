import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedOutcome } from '../../../lab/matrix/cells.js';
import { NATIVE_CELLS, NATIVE_KINDS, type NativeKind } from '../../../lab/matrix/native-cells.js';
import { AI_SDK_MATRIX_FILE, matrixJson, matrixOf } from '../../../scripts/matrix.js';
import { ensurePackages } from '../packages.js';
import { AiSdkLaboratory, type NativeCellResult } from './ai-sdk-laboratory.js';
import { loadAiSdk } from './ai-sdk-primary.js';

/** Longer than the Retry-After of the matrix: the SDK keeps retrying after the call has been answered. */
const LAST_RETRY_MS = 10_000;

let laboratory: AiSdkLaboratory;
const results: NativeCellResult[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  laboratory = await AiSdkLaboratory.open(await loadAiSdk(await ensurePackages(new URL('.', import.meta.url))));
  for (const cell of NATIVE_CELLS) results.push(await laboratory.run(cell));
}, 600_000);
afterAll(async () => {
  await laboratory.close();
  process.off('unhandledRejection', note);
});

describe.each(Object.keys(NATIVE_KINDS) as NativeKind[])('a primary written with the AI SDK, %s', (kind) => {
  for (const cell of NATIVE_CELLS.filter((cell) => cell.kind === kind)) {
    const by = expectedOutcome(cell);
    const when = cell.fault === 'none' ? 'while healthy' : `on ${cell.fault}`;
    it(`${when} is answered by ${by}, once, and nothing is mixed`, () => {
      const result = results.find(({ kind, fault }) => kind === cell.kind && fault === cell.fault);
      expect(result).toMatchObject({ outcome: by, problems: [] });
    });
  }
});

it('leaves no rejection unhandled, not even after the last retry of the SDK', async () => {
  laboratory.windDown();
  await sleep(LAST_RETRY_MS);
  expect(unhandled).toEqual([]);
}, 60_000);

it('README and docs show these outcomes (npm run docs:matrix:ai-sdk updates them)', async () => {
  // Checked first: outcomes of a run with problems are not written.
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  await expect(matrixJson(matrixOf(results))).toMatchFileSnapshot(fileURLToPath(AI_SDK_MATRIX_FILE));
});
