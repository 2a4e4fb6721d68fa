/**
 * One cold start: the import of core, the import of the plugin, and its `init`. Run by startup.ts in a fresh process.
 * Prints JSON: `[wall, CPU]` in milliseconds for each.
 */
import { performance } from 'node:perf_hooks';
import { nullAdapter } from './null-adapter.mjs';

async function timed(run) {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const value = await run();
  const wall = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { value, took: [wall, (user + system) / 1000] };
}

const core = await timed(() => import('@elizaos/core'));
const plugin = await timed(() => import('../dist/index.js'));

const settings = { ELIZANET_BASE_URL: process.env.STARTUP_ELIZANET };
const character = { name: 'Bench', bio: [], settings };
const runtime = new core.value.AgentRuntime({ character, adapter: nullAdapter, settings: {} });
const init = await timed(() => plugin.value.default.init({}, runtime));
// Give requests that init may have scheduled time to reach the server.
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ core: core.took, plugin: plugin.took, init: init.took }));
process.exit(0);
