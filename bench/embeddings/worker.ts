/** One client in a process of its own: `worker.ts <client> <url>`. Embeds 1,000 texts for each message it gets. */
process.env.LOG_LEVEL = 'fatal';

import type { ModelHandler, Plugin } from '@elizaos/core';
import type { TestRuntime } from '../../lab/runtime.js';

const { createRuntime } = await import('../../lab/runtime.js');

const TEXTS = 1_000;
const CONCURRENCY = 100;
const SENTENCE = 'The lighthouse keeper writes a letter every evening, and the boat takes it ashore in the morning. ';

/** The cost of one round, per text. */
export interface Cost {
  ms: number;
  cpuMicros: number;
}

/** A provider that is down: its circuit opens after its first failures. */
const down: Plugin = {
  name: 'down',
  description: 'Fails',
  models: {
    TEXT_EMBEDDING: () => Promise.reject(Object.assign(new Error('The provider is down'), { statusCode: 503 })),
  },
};

type Embed = (text: string) => Promise<number[]>;

/** A minimal client that batches: 100 texts in a request, base64, by `undici.request`; nothing is checked. */
async function byHand(url: string): Promise<Embed> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connections: 50 });
  let gathered: { text: string; resolve(vector: number[]): void }[] = [];
  const send = async (batch: typeof gathered) => {
    const input = batch.map(({ text }) => text);
    const { body } = await request(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'text-embedding-3-small', input, encoding_format: 'base64' }),
      dispatcher,
    });
    const { data } = (await body.json()) as { data: { embedding: string }[] };
    for (const [i, { resolve }] of batch.entries()) {
      const bytes = Buffer.from(data[i]?.embedding ?? '', 'base64');
      const vector = new Array<number>(bytes.byteLength / 4);
      for (let at = 0; at < vector.length; at++) vector[at] = bytes.readFloatLE(at * 4);
      resolve(vector);
    }
  };
  return (text) =>
    new Promise((resolve) => {
      if (gathered.push({ text, resolve }) < CONCURRENCY) return;
      void send(gathered);
      gathered = [];
    });
}

/** Creates the clients, by the name in the table. Each is loaded only in the process that uses it. */
const CLIENTS: Record<string, (url: string) => Promise<Embed>> = {
  'plugin-openai, handler': async (url) => handlerOf(await openAi(url)),
  'plugin-openai, useModel': async (url) => useModelOf(await openAi(url)),
  'by hand, handler': byHand,
  'by hand, useModel': async (url) => useModelOf(await createRuntime({ plugins: [byHandPlugin(await byHand(url))] })),
  'ElizaNet, handler': async (url) => handlerOf(await elizaNet(url)),
  'ElizaNet, useModel': async (url) => useModelOf(await elizaNet(url)),
  'ElizaNet, for a provider that is down': async (url) => useModelOf(await elizaNet(url, [down])),
};

function byHandPlugin(embed: Embed): Plugin {
  const models: Plugin['models'] = {
    TEXT_EMBEDDING: async (_runtime, params) => {
      const { text } = params as { text: string };
      // At its start core embeds a blank text, to learn the width.
      return text ? embed(text) : new Array<number>(1536).fill(0);
    },
  };
  return { name: 'by-hand', description: 'The minimal client as a handler', models };
}

async function openAi(url: string): Promise<TestRuntime> {
  const { openai } = await import('../../lab/primaries.js');
  return createRuntime({ plugins: [await openai.load()], settings: openai.settings(url) });
}

/** The built package, as agents load it: tsx wraps every function of the sources. */
async function elizaNet(url: string, primaries: Plugin[] = []): Promise<TestRuntime> {
  const { default: plugin } = await import(new URL('../../dist/index.js', import.meta.url).href);
  return createRuntime({ plugins: [...primaries, plugin], settings: { ELIZANET_BASE_URL: url } });
}

/** Calls the handler without core, whose logging of a call takes longer than a text in a batch. */
function handlerOf({ runtime }: TestRuntime): Embed {
  const [{ handler }] = runtime.models.get('TEXT_EMBEDDING') as [ModelHandler];
  return async (text) => (await handler(runtime, { text })) as number[];
}

function useModelOf({ runtime, logs }: TestRuntime): Embed {
  return (text) => {
    // The test database keeps core's log entries.
    logs.length = 0;
    return runtime.useModel('TEXT_EMBEDDING', { text });
  };
}

const [name = '', url = ''] = process.argv.slice(2);
const embed = await (CLIENTS[name] as (url: string) => Promise<Embed>)(url);
let nextText = 0;

async function embedAll(): Promise<void> {
  const texts = Array.from({ length: TEXTS }, () => `${nextText++} ${SENTENCE.repeat(2)}`);
  const embedInTurn = async () => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
      const vector = await embed(text);
      if (vector.length !== 1536 || vector[1] === 0) throw new Error('not a vector');
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, embedInTurn));
}

process.on('disconnect', () => process.exit(0));
process.on('message', async () => {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await embedAll();
  const ms = (performance.now() - startedAt) / TEXTS;
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ ms, cpuMicros: (user + system) / TEXTS } satisfies Cost);
});
process.send?.('ready');
