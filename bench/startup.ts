/**
 * What the plugin adds to an agent's start: its first import beside that of core, and its `init`. Each start is a fresh
 * process, on Node and on Bun in turn, so that a drift of the machine's speed hits both; medians. The ElizaNet that
 * `init` is given counts who comes: nobody may. `npm run bench:startup [-- --json] [-- --check]`
 *
 * `--check` exits with 1 when a limit is passed. It looks at the CPU time: on an idle machine the clock shows about as
 * much, on a busy one it also counts what others do.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const STARTS = 15;
const IMPORT_LIMIT_MS = 60;
const INIT_LIMIT_MS = 5;
const CHILD = fileURLToPath(new URL('startup-child.mjs', import.meta.url));
const BUN = fileURLToPath(new URL('../scripts/bun.mjs', import.meta.url));
const RUNTIMES = { node: [CHILD], bun: [BUN, CHILD] };

/** Milliseconds: of the clock, and of the CPU. */
type Took = [wall: number, cpu: number];
type Start = Record<'core' | 'plugin' | 'init', Took>;

let visitors = 0;
const elizaNet = createServer().on('connection', (socket) => {
  visitors++;
  socket.destroy();
});
await new Promise<void>((resolve) => elizaNet.listen(0, '127.0.0.1', resolve));
const env = {
  ...process.env,
  LOG_LEVEL: 'fatal',
  STARTUP_ELIZANET: `http://127.0.0.1:${(elizaNet.address() as AddressInfo).port}`,
};

const starts: Record<string, Start[]> = { node: [], bun: [] };
// The first of each fills the disk cache.
for (let i = -1; i < STARTS; i++) {
  for (const [runtime, args] of Object.entries(RUNTIMES)) {
    const { stdout } = await run(process.execPath, args, { env });
    if (i >= 0) starts[runtime]?.push(JSON.parse(stdout));
  }
}
elizaNet.close();

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const rows = Object.entries(starts).map(([runtime, measured]) => {
  const of = (what: keyof Start, kind: 0 | 1) => Number(median(measured.map((start) => start[what][kind])).toFixed(1));
  return {
    runtime,
    'core, ms': of('core', 0),
    'plugin adds, ms': of('plugin', 0),
    'init, ms': of('init', 0),
    'core, CPU ms': of('core', 1),
    'plugin adds, CPU ms': of('plugin', 1),
    'init, CPU ms': of('init', 1),
    'plugin : core': Number(median(measured.map(({ core, plugin }) => plugin[1] / core[1])).toFixed(2)),
  };
});
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows, requests: visitors }));
else {
  console.table(rows);
  console.log(`requests made by init: ${visitors}`);
}
const holds = rows.every(
  (row) => row['plugin adds, CPU ms'] <= IMPORT_LIMIT_MS && row['init, CPU ms'] <= INIT_LIMIT_MS,
);
if (process.argv.includes('--check') && (!holds || visitors > 0)) process.exitCode = 1;
