/**
 * What the guard costs a healthy call: `useModel` with and without the plugin, on a handler that does nothing, in one
 * run, in interleaved blocks so that a drift of the machine's speed hits both. CPU time, not wall time: nothing waits
 * here, and other processes cannot be counted in. `npm run bench:guard [-- --json]`
 */
process.env.LOG_LEVEL = 'fatal';

import type { Plugin } from '@elizaos/core';

const { createRuntime } = await import('../lab/runtime.js');
// The build: what runs TypeScript as it is wraps every function to keep its name, which costs more than the guard does.
const { default: elizaNet } = await import(new URL('../dist/index.js', import.meta.url).href);

const BLOCKS = 120;
const CALLS_PER_BLOCK = 1000;

const primary: Plugin = {
  name: 'primary',
  description: 'Answers at once',
  models: { TEXT_SMALL: async () => 'an answer' },
};

const variants = {
  bare: await createRuntime({ plugins: [primary] }),
  'bare again': await createRuntime({ plugins: [primary] }),
  guarded: await createRuntime({ plugins: [primary, elizaNet] }),
};

type Variant = keyof typeof variants;
const names = Object.keys(variants) as Variant[];

async function microsecondsPerCall(variant: Variant): Promise<number> {
  const { runtime, logs } = variants[variant];
  const start = process.cpuUsage();
  for (let i = 0; i < CALLS_PER_BLOCK; i++) await runtime.useModel('TEXT_SMALL', { prompt: 'hello', temperature: 0.5 });
  const { user, system } = process.cpuUsage(start);
  logs.length = 0;
  return (user + system) / CALLS_PER_BLOCK;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const times: Record<Variant, number[]> = { bare: [], 'bare again': [], guarded: [] };
const ratios: Record<Variant, number[]> = { bare: [], 'bare again': [], guarded: [] };
for (let block = -20; block < BLOCKS; block++) {
  const round = {} as Record<Variant, number>;
  // Another one goes first each time.
  for (let i = 0; i < names.length; i++) {
    const name = names[(block + 20 + i) % names.length] as Variant;
    round[name] = await microsecondsPerCall(name);
  }
  // The first blocks warm up.
  if (block < 0) continue;
  for (const name of names) {
    times[name].push(round[name]);
    ratios[name].push(round[name] / round.bare);
  }
}

const rows = names.map((name) => ({
  variant: name,
  'CPU µs per call': Number(median(times[name]).toFixed(2)),
  'ratio to bare': Number(median(ratios[name]).toFixed(3)),
}));
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else console.table(rows);
process.exit(0);
