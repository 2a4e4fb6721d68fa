/**
 * Many agents in one process, for fleet.ts. Says "ready" when all have answered once; then each calls at random times
 * for as long as it is told, and the results are printed as JSON.
 */
import { createRuntime } from '../../lab/runtime.js';
import { createElizaNetFallbackPlugin } from '../../src/index.js';
import { provider } from '../../src/suites/providers.js';

export interface AgentsResult {
  /** Milliseconds of each call that was answered. */
  latencies: number[];
  unanswered: number;
}

const {
  FLEET_AGENTS,
  FLEET_SECONDS,
  FLEET_CALL_EVERY_MS,
  FLEET_PRIMARY,
  FLEET_ELIZANET,
  FLEET_REDIS = '',
} = process.env;
const DEADLINE_MS = 30_000;
const callEveryMs = Number(FLEET_CALL_EVERY_MS);

const primary = provider(
  {
    TEXT_SMALL: async () => {
      const response = await fetch(`${FLEET_PRIMARY}/answer`);
      const text = await response.text();
      if (!response.ok) throw Object.assign(new Error(text), { statusCode: response.status });
      return text;
    },
  },
  'primary',
);

const agents: Awaited<ReturnType<typeof createRuntime>>[] = [];
for (let count = 0; count < Number(FLEET_AGENTS); count++) {
  const settings = { ELIZANET_BASE_URL: `${FLEET_ELIZANET}`, ELIZANET_REDIS_URL: FLEET_REDIS };
  const plugins = [primary, createElizaNetFallbackPlugin()];
  agents.push(await createRuntime({ plugins, settings, secrets: { PRIMARY_API_KEY: 'shared' } }));
}
const ask = (agent: (typeof agents)[0]) => agent.runtime.useModel('TEXT_SMALL', { prompt: 'hello' });
for (const agent of agents) await ask(agent);
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));

const result: AgentsResult = { latencies: [], unanswered: 0 };
const endAt = performance.now() + Number(FLEET_SECONDS) * 1_000;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const pause = () => wait(-Math.log(1 - Math.random()) * callEveryMs);

async function live(agent: (typeof agents)[0]): Promise<void> {
  for (await wait(Math.random() * callEveryMs); performance.now() < endAt; await pause()) {
    const startedAt = performance.now();
    const isAnswered = await Promise.race([ask(agent).then(Boolean, () => false), wait(DEADLINE_MS).then(() => false)]);
    if (isAnswered) result.latencies.push(performance.now() - startedAt);
    else result.unanswered++;
  }
}

await Promise.race([Promise.all(agents.map(live)), wait(endAt - performance.now() + DEADLINE_MS)]);
console.log(JSON.stringify(result));
process.exit(0);
