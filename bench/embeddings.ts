/**
 * What a text costs to embed: 1,000 texts, 100 at a time, by plugin-openai and by this plugin, by the handler itself and
 * through the real `useModel`, and by the shortest client that batches and asks for base64, in one run, in interleaved
 * rounds. The provider is a process of its own, and so is every client, warm.
 *
 * How many times faster than plugin-openai a client can be depends on the machine: where decimals are parsed slowly that
 * shortest client gained 23 times and the limit was set, elsewhere it gains 9. So what it gains is shown beside ours.
 * `npm run bench:embeddings [-- --json]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cost } from './embeddings/worker.js';

const OPENAI_HANDLER = 'plugin-openai, handler';
const OPENAI = 'plugin-openai, useModel';
const BY_HAND = 'by hand';
const OURS = 'ElizaNet, useModel';
/** Each with the peer that it is measured against. */
const PEERS: Record<string, string> = {
  [OPENAI_HANDLER]: OPENAI_HANDLER,
  [BY_HAND]: OPENAI_HANDLER,
  'ElizaNet, handler': OPENAI_HANDLER,
  [OPENAI]: OPENAI,
  [OURS]: OPENAI,
  'ElizaNet, for a provider that is down': OPENAI,
};
const NAMES = Object.keys(PEERS);
const ROUNDS = 15;
/** Until a process is warm: ten requests of ours in a round take longer to be optimized than a thousand. */
const WARM_UP_ROUNDS = 20;
/** Times faster than plugin-openai, at least, as agents call both. */
const LIMIT = 15;

const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start(file: string, ...args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(`embeddings/${file}`, import.meta.url)), args);
  children.push(child);
  // Nobody else would tell that its answer is not going to come.
  child.once('exit', (code) => {
    throw new Error(`${[file, ...args].join(' ')} ended with ${code}`);
  });
  return child;
}

const messageOf = async (child: ChildProcess) => (await once(child, 'message'))[0];
async function ask<T>(child: ChildProcess): Promise<T> {
  child.send('go');
  return messageOf(child);
}

const server = start('server.ts');
const url = `http://127.0.0.1:${(await messageOf(server)).port}`;
const workers = new Map<string, ChildProcess>();
for (const name of NAMES) {
  const worker = start('worker.ts', name, url);
  await messageOf(worker);
  workers.set(name, worker);
}

interface Sample extends Cost {
  requests: number;
}

async function measure(name: string): Promise<Sample> {
  await ask(server);
  const cost = await ask<Cost>(workers.get(name) as ChildProcess);
  const { requests } = await ask<{ requests: number }>(server);
  return { ...cost, requests };
}

const rounds: Record<string, Sample>[] = [];
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  const samples: Record<string, Sample> = {};
  // Another one goes first each time.
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAMES[(round + WARM_UP_ROUNDS + i) % NAMES.length] as string;
    samples[name] = await measure(name);
  }
  if (round >= 0) rounds.push(samples);
}

function median(of: (samples: Record<string, Sample>) => number): number {
  const sorted = rounds.map(of).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const sampleOf = (samples: Record<string, Sample>, name: string) => samples[name] as Sample;
const timesBetter = (name: string, what: keyof Cost) =>
  Number(
    median((samples) => sampleOf(samples, PEERS[name] as string)[what] / sampleOf(samples, name)[what]).toFixed(1),
  );
const rows = NAMES.map((name) => ({
  client: name,
  'ms per text': Number(median((samples) => sampleOf(samples, name).ms).toFixed(4)),
  'CPU µs per text': Math.round(median((samples) => sampleOf(samples, name).cpuMicros)),
  requests: median((samples) => sampleOf(samples, name).requests),
  'times faster': timesBetter(name, 'ms'),
  'times less CPU': timesBetter(name, 'cpuMicros'),
}));
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else console.table(rows);
const holds = timesBetter(OURS, 'ms') >= LIMIT;
console.error(`${OURS}: at least ${LIMIT} times faster: ${holds ? 'holds' : 'does not hold'}`);
process.exit(holds ? 0 : 1);
