/**
 * 500 agents in 5 processes lose the primary that they share, with and without Redis. Exits with 1 when a limit is
 * exceeded. Needs `redis-server`. `npm run bench:fleet`
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { requireRedisServer, startRedisServer } from '../lab/redis-server.js';
import { type FleetOptions, runFleet } from './fleet/run-fleet.js';

const OPTIONS: Omit<FleetOptions, 'redisUrl'> = {
  processCount: 5,
  agentsPerProcess: Number(process.env.FLEET_AGENTS_PER_PROCESS ?? 100),
  seconds: 40,
  // Ten calls a second for 500 agents.
  callEveryMs: 50_000,
  elizaNetPerSecond: 20,
};
const MOST_DEAD_CALLS_PER_PERIOD = 5;

await requireRedisServer();
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address() as AddressInfo;
probe.close();
const redis = await startRedisServer(port);
try {
  const withRedis = await runFleet({ ...OPTIONS, redisUrl: redis.url });
  const without = await runFleet({ ...OPTIONS, redisUrl: undefined });
  console.table({ 'with Redis': withRedis, without });
  const { unanswered, deadCallsPerPeriod } = withRedis;
  if (unanswered > 0 || deadCallsPerPeriod > MOST_DEAD_CALLS_PER_PERIOD) {
    console.error(`missed: with Redis at most ${MOST_DEAD_CALLS_PER_PERIOD} calls to the dead primary per open period`);
    process.exitCode = 1;
  }
} finally {
  await redis.close();
}
