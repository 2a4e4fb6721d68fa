import { SharedCircuits } from '../../src/chain/shared/shared-circuits.js';
import type { SharedStore, StoredValue } from '../../src/chain/shared/store.js';
import { BreakerRegistry } from '../../src/core/breaker-registry.js';
import type { Clock, Random } from '../../src/core/clock.js';
import type { Failure } from '../../src/core/failure-rules.js';
import { EventQueue } from './event-queue.js';

/** `none`: each call asks the primary first. `fixed`: a cooldown without growth or jitter. `local`: the plugin. `shared`: the plugin with Redis. */
export type Policy = 'none' | 'fixed' | 'local' | 'shared';

export interface Scenario {
  policy: Policy;
  agentCount: number;
  /** Mean time between two calls of an agent; exponentially distributed. */
  callEveryMs: number;
  outageFromMs: number;
  outageUntilMs: number;
  endMs: number;
  /** Requests that ElizaNet takes in a second; more are refused with a 429. */
  elizaNetPerSecond: number;
  random: Random;
}

export interface SimulationResult {
  callCount: number;
  /** Calls that reached the primary during its outage. */
  deadCalls: number;
  /** The most of them in one second. */
  deadPeakPerSecond: number;
  elizaNetPeakPerSecond: number;
  elizaNetRefused: number;
  /** Calls without an answer after 30 s. */
  unanswered: number;
  /** From the end of the outage until half of the calls, and 99 in 100, of a second go to the primary. */
  halfBackMs: number;
  backMs: number;
  redisMessages: number;
}

const PROVIDER = 'openai';
const TYPE = 'TEXT_SMALL';
const DOWN: Failure = { kind: 'server', statusCode: 503 };
const FAILURE_MS = 200;
const ANSWER_MS = 1_000;
const REDIS_MS = 2;
const DEADLINE_MS = 30_000;
const RETRY_AFTER_MS = 1_000;
const COOLDOWN_MS = 15_000;

/** Runs the plugin's own circuit breakers, for each agent its own, against a primary that fails for a time. */
export function simulate(scenario: Scenario): SimulationResult {
  const { policy, agentCount, random, outageFromMs, outageUntilMs, endMs } = scenario;
  const queue = new EventQueue();
  const clock: Clock = { now: () => queue.now, wallNow: () => queue.now, after: () => ({ clear() {} }) };
  const store = new SimulatedRedis(queue);
  const [dead, elizaNet, calls, primary] = [0, 1, 2, 3].map(() => new Float64Array(Math.ceil(endMs / 1_000) + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let [elizaNetRefused, unanswered] = [0, 0];
  const second = () => Math.floor(queue.now / 1_000);
  const count = (series: Float64Array) => {
    series[second()] = (series[second()] ?? 0) + 1;
  };
  const isDown = () => queue.now >= outageFromMs && queue.now < outageUntilMs;

  const askElizaNet = (startedAt: number) => {
    if ((elizaNet[second()] ?? 0) < scenario.elizaNetPerSecond) return count(elizaNet);
    elizaNetRefused++;
    const delayMs = RETRY_AFTER_MS * (1 + random());
    if (queue.now + delayMs - startedAt > DEADLINE_MS) unanswered++;
    else queue.after(delayMs, () => askElizaNet(startedAt));
  };

  const startAgent = () => {
    const registry = policy === 'none' ? undefined : createRegistry(policy, clock, random);
    if (registry && policy === 'shared') {
      const deps = { registry, store, clock, random, failureThreshold: 2, cooldownMs: COOLDOWN_MS };
      const circuits = new SharedCircuits({ ...deps, accountOf: () => 'account' });
      circuits.met(PROVIDER, TYPE);
    }
    const call = () => {
      count(calls);
      queue.after(-Math.log(1 - random()) * scenario.callEveryMs, call);
      const startedAt = queue.now;
      const permit = registry?.tryAcquire(PROVIDER, TYPE);
      if (registry && !permit) return askElizaNet(startedAt);
      if (!isDown()) {
        count(primary);
        return queue.after(ANSWER_MS, () => permit?.success());
      }
      count(dead);
      queue.after(FAILURE_MS, () => {
        permit?.failure(DOWN);
        askElizaNet(startedAt);
      });
    };
    queue.after(random() * scenario.callEveryMs, call);
  };
  for (let agent = 0; agent < agentCount; agent++) startAgent();
  queue.runUntil(endMs);

  const backAfter = (share: number) => {
    for (let s = Math.ceil(outageUntilMs / 1_000); s < endMs / 1_000; s++) {
      if ((primary[s] ?? 0) >= share * (calls[s] ?? 0)) return s * 1_000 + 1_000 - outageUntilMs;
    }
    return Number.POSITIVE_INFINITY;
  };
  return {
    callCount: sum(calls),
    deadCalls: sum(dead),
    deadPeakPerSecond: Math.max(...dead),
    elizaNetPeakPerSecond: Math.max(...elizaNet),
    elizaNetRefused,
    unanswered,
    halfBackMs: backAfter(0.5),
    backMs: backAfter(0.99),
    redisMessages: store.messageCount,
  };
}

function createRegistry(policy: Policy, clock: Clock, random: Random): BreakerRegistry {
  const isFixed = policy === 'fixed';
  return new BreakerRegistry({
    clock,
    random: isFixed ? () => 0 : random,
    failureThreshold: 2,
    cooldownMs: COOLDOWN_MS,
    cooldownMaxMs: isFixed ? COOLDOWN_MS : 300_000,
  });
}

const sum = (series: Float64Array) => series.reduce((total, value) => total + value, 0);

/** Delivers each message to all agents a moment later. */
class SimulatedRedis implements Omit<SharedStore, 'countActive'> {
  messageCount = 0;
  readonly #listeners = new Set<(message: string) => void>();

  constructor(private readonly queue: EventQueue) {}

  publish(_channel: string, message: string): void {
    this.messageCount++;
    this.queue.after(REDIS_MS, () => {
      for (const hear of this.#listeners) hear(message);
    });
  }

  write(): void {}

  remove(): void {}

  async read(): Promise<StoredValue | undefined> {
    return undefined;
  }

  subscribe(_channel: string, hear: (message: string) => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }
}
