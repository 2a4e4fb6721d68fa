/**
 * Start-up cost of the plugin: its import on top of core's, and its `init`. Each start is a fresh process, alternating
 * between Node and Bun; medians. Also counts connections that `init` makes to ElizaNet: the limit is 0.
 * `npm run bench:startup [-- --json] [-- --check]`
 *
 * `--check` exits with 1 when a limit is exceeded. Limits apply to CPU time, which other processes do not affect.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, rounded } from './statistics.js';

const run = promisify(execFile);

const STARTS = 15;
const IMPORT_LIMIT_MS = 60;
const INIT_LIMIT_MS = 8;
const CHILD = fileURLToPath(new URL('startup-child.mjs', import.meta.url));
const BUN = fileURLToPath(new URL('../scripts/bun.mjs', import.meta.url));
const RUNTIMES = { node: [CHILD], bun: [BUN, CHILD] };

/** In milliseconds. */
type Took = [wall: number, cpu: number];
type Start = Record<'core' | 'plugin' | 'init', Took>;

let connectionCount = 0;
const elizaNet = createServer().on('connection', (socket) => {
  connectionCount++;
  socket.destroy();
});
await new Promise<void>((resolve) => elizaNet.listen(0, '127.0.0.1', resolve));
const env = {
  ...process.env,
  LOG_LEVEL: 'fatal',
  STARTUP_ELIZANET: `http://127.0.0.1:${(elizaNet.address() as AddressInfo).port}`,
};

const starts: Record<string, Start[]> = { node: [], bun: [] };
// The first start of each runtime fills the disk cache and is dropped.
for (let i = -1; i < STARTS; i++) {
  for (const [runtime, args] of Object.entries(RUNTIMES)) {
    const { stdout } = await run(process.execPath, args, { env });
    if (i >= 0) starts[runtime]?.push(JSON.parse(stdout));
  }
}
elizaNet.close();

const rows = Object.entries(starts).map(([runtime, measured]) => {
  const of = (what: keyof Start, kind: 0 | 1) => rounded(median(measured.map((start) => start[what][kind])));
  return {
    runtime,
    'core, ms': of('core', 0),
    'plugin adds, ms': of('plugin', 0),
    'init, ms': of('init', 0),
    'core, CPU ms': of('core', 1),
    'plugin adds, CPU ms': of('plugin', 1),
    'init, CPU ms': of('init', 1),
    'plugin : core': rounded(median(measured.map(({ core, plugin }) => plugin[1] / core[1])), 2),
  };
});
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows, connections: connectionCount }));
else {
  console.table(rows);
  console.log(`connections made by init: ${connectionCount}`);
}
const holds = rows.every(
  (row) => row['plugin adds, CPU ms'] <= IMPORT_LIMIT_MS && row['init, CPU ms'] <= INIT_LIMIT_MS,
);
if (process.argv.includes('--check') && (!holds || connectionCount > 0)) process.exitCode = 1;
