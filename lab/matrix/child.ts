/**
 * All cells of one published plugin, in a process of their own: `child.ts <plugin>`. Prints its findings as the last
 * line, a JSON text. It waits until every try that the primary still makes has ended, since that is when promises that
 * nobody handles are rejected.
 */
process.env.LOG_LEVEL = 'fatal';
// tsx turns them on, and then the first error's stack costs a second, in which the other cells stand still.
process.setSourceMapsEnabled?.(false);
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from './cells.js';
import type { CellResult } from './laboratory.js';
import type { Findings } from './run-matrix.js';

const orphans: string[] = [];
process.on('unhandledRejection', (reason) => orphans.push(String(reason)));
process.on('uncaughtException', (error) => orphans.push(`thrown: ${error}`));

const { PRIMARIES } = await import('../primaries.js');
const { inLanes } = await import('../in-lanes.js');
const { cellsOf, isTimed } = await import('./cells.js');
const { Laboratory } = await import('./laboratory.js');

const primary = PRIMARIES.find(({ name }) => name === process.argv[2]);
if (!primary) throw new Error(`there is no primary "${process.argv[2]}"`);
const laboratory = await Laboratory.open(primary);
const cells = cellsOf(primary.name);
const results: CellResult[] = [];
/** Cells at a time: they share the stand-ins' sockets, and none waits for a processor as long as for a retry. */
const LANES = 4;
const run = async (isOfGroup: (cell: Cell) => boolean) => {
  results.push(...(await inLanes(cells.filter(isOfGroup), LANES, (cell) => laboratory.run(cell))));
};
laboratory.direct('upstream');
// The healthy ones first: they load the SDKs.
await run(({ fault }) => fault === 'none');
await run((cell) => cell.fault !== 'none' && cell.fault !== 'refused' && !isTimed(cell));
// Their time limit must not run out because the process is busy with all the others.
await run(isTimed);
laboratory.direct('nowhere');
await run(({ fault }) => fault === 'refused');
laboratory.direct('upstream');
laboratory.windDown();
/** Longer than the longest Retry-After in the matrix: streams go on retrying after their handler has returned. */
const LAST_TRIES_MS = 10_000;
/** plugin-elizacloud sleeps for 30 s within an embedding. */
const LIMIT_MS = 45_000;
const startedAt = Date.now();
const waited = () => Date.now() - startedAt;
while (waited() < LAST_TRIES_MS || (laboratory.underWay > 0 && waited() < LIMIT_MS)) await sleep(100);
await laboratory.close();
await sleep(100);
const findings: Findings = { plugin: primary.name, results, orphans, unfinished: laboratory.underWay };
console.log(`\n${JSON.stringify(findings)}`);
process.exit(0);
