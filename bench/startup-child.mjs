/**
 * One cold start, timed: what importing core costs, what the plugin's import adds to it, and its `init`. Run by
 * startup.ts, each time in a process of its own. Prints milliseconds as JSON; `[wall, CPU]` each.
 */
import { performance } from 'node:perf_hooks';

async function timed(run) {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const value = await run();
  const wall = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { value, took: [wall, (user + system) / 1000] };
}

const core = await timed(() => import('@elizaos/core'));
const plugin = await timed(() => import('../dist/index.js'));

const adapter = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : async () => undefined) });
const settings = { ELIZANET_BASE_URL: process.env.STARTUP_ELIZANET };
const runtime = new core.value.AgentRuntime({ character: { name: 'Bench', bio: [], settings }, adapter, settings: {} });
const init = await timed(() => plugin.value.default.init({}, runtime));
// What init has left to be done later would show up now.
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify({ core: core.took, plugin: plugin.took, init: init.took }));
process.exit(0);
