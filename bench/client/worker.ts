/** One client in a process of its own: `worker.ts <client> <url>`. Does the tasks it is sent and reports their cost. */
process.env.LOG_LEVEL = 'fatal';

import type { Result, Task } from './protocol.js';

const { CLIENTS } = await import('./clients.js');

const [name = '', url = ''] = process.argv.slice(2);
const client = await CLIENTS[name]?.(url);
const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`));
process.on('disconnect', () => process.exit(0));
process.on('message', async (task: Task) => process.send?.(await run(task)));
process.send?.('ready');

async function run(task: Task): Promise<Result> {
  switch (task.kind) {
    case 'calls':
      return measured('calls', task.count, () => calls(task.count, task.concurrency));
    case 'streams':
      return measured('streams', task.count * task.deltas, () => streams(task.count, task.deltas));
    case 'first-chunks':
      return { kind: 'first-chunks', millis: await firstChunks(task.count) };
    case 'memory':
      return memory(task.count, task.concurrency);
  }
}

async function measured(kind: 'calls' | 'streams', units: number, work: () => Promise<void>): Promise<Result> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { kind, cpuMicros: (user + system) / units, perSecond: units / seconds };
}

async function calls(count: number, concurrency: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      if (!(await client?.call?.())) throw new Error('no answer');
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
}

async function streams(count: number, deltas: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    let pieces = 0;
    await client?.stream?.(() => pieces++);
    if (pieces !== deltas) throw new Error(`${pieces} pieces in place of ${deltas}`);
  }
}

async function firstChunks(count: number): Promise<number[]> {
  const millis: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    let first: number | undefined;
    await client?.stream?.(() => {
      first ??= performance.now() - startedAt;
    });
    millis.push(first ?? Number.NaN);
  }
  return millis;
}

async function memory(count: number, concurrency: number): Promise<Result> {
  await calls(1_000, concurrency);
  const before = await heapBytes();
  await calls(count, concurrency);
  return { kind: 'memory', grownBytes: (await heapBytes()) - before, warnings };
}

async function heapBytes(): Promise<number> {
  // A turn of the event loop releases sockets and streams that have ended.
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
