/**
 * Simulates a fleet of agents that lose their primary for 20 minutes, in virtual time: `npm run sim`. The seed is fixed;
 * `SIM_SEED=7` uses another one, `SIM_AGENTS=1000` another number of agents.
 */

import { seededRandom } from '../lab/random.js';
import { type Policy, simulate } from './scale/simulate.js';

const MINUTE_MS = 60_000;
const agentCount = Number(process.env.SIM_AGENTS ?? 100_000);
const seed = Number(process.env.SIM_SEED ?? 1);
const callEveryMs = 30_000;
/** What the fleet asks for, and a quarter more. */
const elizaNetPerSecond = Math.ceil((agentCount / callEveryMs) * 1_000 * 1.25);

const NAMES: Record<Policy, string> = {
  none: 'no circuit breaker',
  fixed: 'fixed cooldown of 15 s',
  local: 'this plugin, no Redis',
  shared: 'this plugin, with Redis',
};

console.log(
  `${agentCount} agents, a call each ${callEveryMs / 1_000} s, ElizaNet takes ${elizaNetPerSecond}/s, seed ${seed}\n`,
);
console.log(
  '| | to the dead primary | most in 1 s | to ElizaNet, most in 1 s | unanswered | half back | 99 % back | Redis messages |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const policy of Object.keys(NAMES) as Policy[]) {
  const result = simulate({
    policy,
    agentCount,
    callEveryMs,
    elizaNetPerSecond,
    outageFromMs: MINUTE_MS,
    outageUntilMs: 21 * MINUTE_MS,
    endMs: 30 * MINUTE_MS,
    random: seededRandom(seed),
  });
  const cells = [
    NAMES[policy],
    result.deadCalls,
    result.deadPeakPerSecond,
    result.elizaNetPeakPerSecond,
    result.unanswered,
    `${result.halfBackMs / 1_000} s`,
    `${result.backMs / 1_000} s`,
    result.redisMessages,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
