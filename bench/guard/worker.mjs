/**
 * One side of the guard benchmark, in a process of its own: `worker.mjs bare` or `worker.mjs guarded`. Plain
 * JavaScript, because tsx wraps every function to keep its name, which costs more than the guard does.
 *
 * IPC: sends `'ready'`; each message received is a number of calls, answered by their CPU time in µs per call.
 */
import { AgentRuntime } from '@elizaos/core';
import { nullAdapter } from '../null-adapter.mjs';

const primary = {
  name: 'primary',
  description: 'Answers at once',
  models: { TEXT_SMALL: async () => 'an answer' },
};

const runtime = new AgentRuntime({
  character: { name: 'Bench', bio: [] },
  adapter: nullAdapter,
  settings: {},
});
await runtime.registerPlugin(primary);
if (process.argv[2] === 'guarded') {
  const { default: elizaNet } = await import('../../dist/index.js');
  // Without the service: it waits for `initialize`, which is not called here.
  await runtime.registerPlugin({ ...elizaNet, services: [] });
}

process.on('message', async (calls) => {
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i++) await runtime.useModel('TEXT_SMALL', { prompt: 'hello', temperature: 0.5 });
  const { user, system } = process.cpuUsage(start);
  process.send((user + system) / calls);
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
