/**
 * What a call costs through this plugin and through its peers, in one run: CPU of the client per call, calls and chunks
 * per second, time to the first chunk, sockets and memory. The server and every client are processes of their own.
 * Rounds are interleaved, in a rotated order, so that a change of the machine's speed affects all clients alike. Compare
 * ratios, not figures. Exits with 1 when a limit is missed.
 * `npm run bench:client [-- --json] [--rounds 5]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONNECTIONS } from './client/clients.js';
import type { Result, ServerStats, StreamMode, Task } from './client/protocol.js';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, rounds: { type: 'string' } } });
const ROUNDS = Number(flags.rounds ?? 5);
const MEGABYTE = 1024 * 1024;

const RAW = 'undici pooled';
const RAW_STREAM = 'undici + eventsource-parser';
const BARE = 'bare handler, useModel';
const OURS = 'this plugin, useModel';
const OURS_HANDLER = 'this plugin, handler';
const PLUGIN_OPENAI = 'plugin-openai, useModel';
/** Slow clients make fewer calls, so that each measurement takes about as long. */
const LOADED_CALLS: Record<string, number> = { 'OpenAI SDK': 1_000, 'AI SDK': 1_000, [PLUGIN_OPENAI]: 1_000 };
const SLOW_STREAMERS = ['OpenAI SDK', 'AI SDK', PLUGIN_OPENAI];
const CALLERS = [RAW, BARE, OURS, 'fetch', 'OpenAI SDK', 'AI SDK', PLUGIN_OPENAI];
const STREAMERS = [RAW_STREAM, OURS_HANDLER, OURS, ...SLOW_STREAMERS];

const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const server = start('server.ts');
const [port] = await once(server, 'message');
const url = `http://127.0.0.1:${port}`;

/** The measurements of one table: for each client and column, one value per round. */
type Samples = Map<string, Record<string, number[]>>;

const workers = new Map<string, ChildProcess>();
for (const name of new Set([...CALLERS, ...STREAMERS])) workers.set(name, await startWorker(name));

const calls = await inRounds(CALLERS, async (name) => {
  const sequential = await ask(name, { kind: 'calls', count: 300, concurrency: 1 });
  const loaded = await ask(name, { kind: 'calls', count: LOADED_CALLS[name] ?? 3_000, concurrency: CONNECTIONS });
  return {
    'CPU µs': sequential.cpuMicros,
    [`CPU µs, ${CONNECTIONS} in flight`]: loaded.cpuMicros,
    [`calls/s, ${CONNECTIONS} in flight`]: loaded.perSecond,
  };
});

const DELTAS = 2_000;
const streams = await inRounds(STREAMERS, async (name) => {
  const times = SLOW_STREAMERS.includes(name) ? 1 : 5;
  await setMode({ deltas: DELTAS, write: 'coalesced' });
  const coalesced = await ask(name, { kind: 'streams', count: 5 * times, deltas: DELTAS });
  await setMode({ deltas: DELTAS, write: 'separate' });
  const separate = await ask(name, { kind: 'streams', count: 3 * times, deltas: DELTAS });
  await setMode({ deltas: 10, write: 'first-alone' });
  const { millis } = await ask(name, { kind: 'first-chunks', count: 40 });
  return {
    'chunks/s': coalesced.perSecond,
    'CPU µs per chunk': coalesced.cpuMicros,
    'chunks/s, one a write': separate.perSecond,
    'CPU µs per chunk, one a write': separate.cpuMicros,
    'ms to first chunk': median(millis),
  };
});

await setMode({ deltas: 10, write: 'coalesced' });
const IN_FLIGHT = 200;
// A new worker: the old one still has open sockets.
const fresh = await startWorker(OURS, '--expose-gc');
for (const worker of workers.values()) worker.kill();
await setMode({ deltas: 10, write: 'coalesced' });
const memory = await send(fresh, { kind: 'memory', count: 10_000, concurrency: IN_FLIGHT });
const { peakSockets } = (await (await fetch(`${url}/stats`)).json()) as ServerStats;

const of = (samples: Samples, name: string, column: string) => median(samples.get(name)?.[column] ?? []);
const loadedCpu = `CPU µs, ${CONNECTIONS} in flight`;
const loadedCalls = `calls/s, ${CONNECTIONS} in flight`;
const limits = [
  // Measured on Node 20: 1.4 to 1.65, 1.6 to 2.1 and 3.6 to 4.4. The bare handler opens no AsyncLocalStorage, which costs
  // something for each promise of the process; it keeps no records, checks no response and does not fail over.
  atMost('CPU of a call / bare handler', pairedRatio(calls, OURS, BARE, 'CPU µs'), 1.9),
  atMost(`CPU of a call / bare handler, ${CONNECTIONS} in flight`, pairedRatio(calls, OURS, BARE, loadedCpu), 2.3),
  atLeast(
    `calls/s / plugin-openai, ${CONNECTIONS} in flight`,
    pairedRatio(calls, OURS, PLUGIN_OPENAI, loadedCalls),
    3.2,
  ),
  // Measured: 0.67 to 1, 9 to 12, 0.14 to 0.46.
  atLeast('chunks/s of the handler / raw', pairedRatio(streams, OURS_HANDLER, RAW_STREAM, 'chunks/s'), 0.6),
  atLeast('chunks/s of useModel / plugin-openai', pairedRatio(streams, OURS, PLUGIN_OPENAI, 'chunks/s'), 8),
  atMost(
    'ms to first chunk beyond raw',
    of(streams, OURS, 'ms to first chunk') - of(streams, RAW_STREAM, 'ms to first chunk'),
    0.5,
  ),
  // One socket is that of the benchmark itself.
  atMost(`sockets of ${IN_FLIGHT} calls in flight`, peakSockets - 1, CONNECTIONS),
  atMost('MB of heap kept after 10,000 calls', memory.grownBytes / MEGABYTE, 5),
  atMost('warnings of the process', memory.warnings.length, 0),
];

if (flags.json) {
  const rows = (samples: Samples) =>
    Object.fromEntries([...samples.keys()].map((name) => [name, medians(samples, name)]));
  console.log(JSON.stringify({ calls: rows(calls), streams: rows(streams), limits }, null, 2));
} else {
  console.log(`\nPlain calls, medians of ${ROUNDS} rounds; (× ${RAW})`);
  console.table(table(calls, RAW));
  console.log(`\nStreams of ${DELTAS} small deltas, medians of ${ROUNDS} rounds; (× ${RAW_STREAM})`);
  console.table(table(streams, RAW_STREAM));
  console.log('\nWhat has to hold');
  console.table(limits);
  for (const warning of memory.warnings) console.log(warning);
}
process.exit(limits.every(({ holds }) => holds) ? 0 : 1);

function start(file: string, args: string[] = [], nodeFlags: string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(`client/${file}`, import.meta.url));
  const child = fork(path, args, {
    execArgv: [...process.execArgv, ...nodeFlags],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  return child;
}

async function startWorker(name: string, ...nodeFlags: string[]): Promise<ChildProcess> {
  const worker = start('worker.ts', [name, url], nodeFlags);
  await once(worker, 'message');
  return worker;
}

function send<T extends Task>(worker: ChildProcess, task: T): Promise<Extract<Result, { kind: T['kind'] }>> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`a client died at ${JSON.stringify(task)}`));
    worker.once('exit', onExit);
    worker.once('message', (result: Extract<Result, { kind: T['kind'] }>) => {
      worker.off('exit', onExit);
      resolve(result);
    });
    worker.send(task);
  });
}

function ask<T extends Task>(name: string, task: T): Promise<Extract<Result, { kind: T['kind'] }>> {
  return send(workers.get(name) as ChildProcess, task);
}

async function setMode(mode: StreamMode): Promise<void> {
  await fetch(`${url}/mode`, { method: 'POST', body: JSON.stringify(mode) });
}

/** Measures in rounds. The first one is a warm-up and does not count. Each round begins with another client. */
async function inRounds(names: string[], measure: (name: string) => Promise<Record<string, number>>): Promise<Samples> {
  const samples: Samples = new Map(names.map((name) => [name, {}]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length] as string;
      const values = await measure(name);
      if (round === 0) continue;
      const columns = samples.get(name) as Record<string, number[]>;
      for (const [column, value] of Object.entries(values)) columns[column] = [...(columns[column] ?? []), value];
    }
  }
  return samples;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The median of the ratios of each round. */
function pairedRatio(samples: Samples, name: string, other: string, column: string): number {
  const [mine = [], theirs = []] = [samples.get(name)?.[column], samples.get(other)?.[column]];
  return median(mine.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

function medians(samples: Samples, name: string): Record<string, number> {
  const columns = Object.entries(samples.get(name) ?? {});
  return Object.fromEntries(columns.map(([column, values]) => [column, Number(median(values).toPrecision(4))]));
}

function table(samples: Samples, base: string): Record<string, Record<string, string>> {
  const row = (name: string) =>
    Object.fromEntries(
      Object.entries(medians(samples, name)).map(([column, value]) => {
        const ratio = pairedRatio(samples, name, base, column);
        return [column, `${value.toLocaleString('en')} (× ${ratio.toFixed(2)})`];
      }),
    );
  return Object.fromEntries([...samples.keys()].map((name) => [name, row(name)]));
}

function atMost(what: string, value: number, limit: number) {
  return { what, value: Number(value.toFixed(2)), limit: `≤ ${limit}`, holds: value <= limit };
}

function atLeast(what: string, value: number, limit: number) {
  return { what, value: Number(value.toFixed(2)), limit: `≥ ${limit}`, holds: value >= limit };
}
