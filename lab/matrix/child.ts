/**
 * Runs all cells of one published plugin in its own process: `child.ts <plugin>`. Prints its `Findings` as JSON, on the
 * last line. Waits for the background retries of the primary, because unhandled rejections appear when they end.
 */
process.env.LOG_LEVEL = 'fatal';
// tsx enables source maps; resolving the first error's stack then blocks the process, and all cells, for a second.
process.setSourceMapsEnabled?.(false);
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from './cells.js';
import type { CellResult } from './laboratory.js';
import type { Findings } from './run-matrix.js';

const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.on('uncaughtException', (error) => unhandled.push(`thrown: ${error}`));

const { PRIMARIES } = await import('../primaries.js');
const { mapConcurrently } = await import('../map-concurrently.js');
const { cellsOf, isTimed } = await import('./cells.js');
const { Laboratory } = await import('./laboratory.js');

const primary = PRIMARIES.find(({ name }) => name === process.argv[2]);
if (!primary) throw new Error(`unknown primary "${process.argv[2]}"`);
const laboratory = await Laboratory.open(primary);
const cells = cellsOf(primary.name);
const results: CellResult[] = [];
/** Few enough that no cell waits long for the processor: that would look like a wait for a retry. */
const CONCURRENT_CELLS = 4;
const run = async (isOfGroup: (cell: Cell) => boolean) => {
  results.push(...(await mapConcurrently(cells.filter(isOfGroup), CONCURRENT_CELLS, (cell) => laboratory.run(cell))));
};
laboratory.direct('upstream');
// Healthy calls first: they load the SDKs.
await run(({ fault }) => fault === 'none');
await run((cell) => cell.fault !== 'none' && cell.fault !== 'refused' && !isTimed(cell));
// Apart from the others, so that a busy process does not exhaust their time limit.
await run(isTimed);
laboratory.direct('nowhere');
await run(({ fault }) => fault === 'refused');
laboratory.direct('upstream');
laboratory.windDown();
/** Longer than the longest Retry-After in the matrix: streams keep retrying after their handler has returned. */
const MIN_WAIT_MS = 10_000;
/** plugin-elizacloud sleeps for 30 s in an embedding call. */
const MAX_WAIT_MS = 45_000;
const startedAt = Date.now();
const waited = () => Date.now() - startedAt;
while (waited() < MIN_WAIT_MS || (laboratory.pendingCount > 0 && waited() < MAX_WAIT_MS)) await sleep(100);
await laboratory.close();
await sleep(100);
const findings: Findings = { plugin: primary.name, results, unhandled, unfinished: laboratory.pendingCount };
console.log(`\n${JSON.stringify(findings)}`);
process.exit(0);
