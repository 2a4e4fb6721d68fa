/**
 * What a text costs to embed: 1,000 texts, 100 at a time, through the real `useModel`, by plugin-openai and by this
 * plugin, in one run, in interleaved rounds. The provider is a process of its own. `npm run bench:embeddings [-- --json]`
 */
process.env.LOG_LEVEL = 'fatal';

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Plugin } from '@elizaos/core';
import type { TestRuntime } from '../__tests__/helpers/runtime.js';

const { createRuntime } = await import('../__tests__/helpers/runtime.js');
const { openai } = await import('../__tests__/helpers/primaries.js');
// The build, as agents load it: what runs TypeScript as it is wraps every function to keep its name.
const { default: elizaNet } = await import(new URL('../dist/index.js', import.meta.url).href);

const TEXTS = 1_000;
const CONCURRENCY = 100;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;

const server = fork(fileURLToPath(new URL('./embeddings-server.ts', import.meta.url)));
const answerOf = async () => (await once(server, 'message'))[0] as { port: number; requests: number };
const url = `http://127.0.0.1:${(await answerOf()).port}`;
async function requestsSinceLast(): Promise<number> {
  server.send('count');
  return (await answerOf()).requests;
}

/** A provider that is down: after its first failures the guard leaves it alone. */
const down: Plugin = {
  name: 'down',
  description: 'Fails',
  models: {
    TEXT_EMBEDDING: async () => {
      throw Object.assign(new Error('The provider is down'), { statusCode: 503 });
    },
  },
};

const ours = { ELIZANET_BASE_URL: url };
const variants: Record<string, TestRuntime> = {
  'plugin-openai': await createRuntime({ plugins: [await openai.load()], settings: openai.settings(url) }),
  'ElizaNet alone': await createRuntime({ plugins: [elizaNet], settings: ours }),
  'ElizaNet for a provider that is down': await createRuntime({ plugins: [down, elizaNet], settings: ours }),
};
const names = Object.keys(variants);

const SENTENCE = 'The lighthouse keeper writes a letter every evening, and the boat takes it ashore in the morning. ';
let nextText = 0;

async function embedAll({ runtime, logs }: TestRuntime): Promise<void> {
  const texts = Array.from({ length: TEXTS }, () => `${nextText++} ${SENTENCE.repeat(2)}`);
  const worker = async () => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
      const vector = await runtime.useModel('TEXT_EMBEDDING', { text });
      if (vector.length !== 1536 || vector[1] === 0) throw new Error('that is no vector');
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  logs.length = 0;
}

interface Sample {
  ms: number;
  cpuUs: number;
  requests: number;
}

async function measure(name: string): Promise<Sample> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await embedAll(variants[name] as TestRuntime);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { ms: ms / TEXTS, cpuUs: (user + system) / TEXTS, requests: await requestsSinceLast() };
}

const rounds: Record<string, Sample>[] = [];
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  const samples: Record<string, Sample> = {};
  // Another one goes first each time.
  for (let i = 0; i < names.length; i++) {
    const name = names[(round + WARM_UP_ROUNDS + i) % names.length] as string;
    samples[name] = await measure(name);
  }
  if (round >= 0) rounds.push(samples);
}

function median(of: (samples: Record<string, Sample>) => number): number {
  const sorted = rounds.map(of).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const sampleOf = (samples: Record<string, Sample>, name: string) => samples[name] as Sample;
const rows = names.map((name) => ({
  client: name,
  'ms per text': Number(median((samples) => sampleOf(samples, name).ms).toFixed(4)),
  'CPU µs per text': Math.round(median((samples) => sampleOf(samples, name).cpuUs)),
  requests: median((samples) => sampleOf(samples, name).requests),
  'times faster': Number(
    median((samples) => sampleOf(samples, 'plugin-openai').ms / sampleOf(samples, name).ms).toFixed(1),
  ),
  'times less CPU': Number(
    median((samples) => sampleOf(samples, 'plugin-openai').cpuUs / sampleOf(samples, name).cpuUs).toFixed(1),
  ),
}));
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else console.table(rows);
server.disconnect();
for (const { stop } of Object.values(variants)) await stop();
process.exit(0);
