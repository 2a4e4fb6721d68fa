import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../../lab/guarded.js';
import { type LogLine, logLines } from '../../../lab/log-lines.js';
import { type RedisServer, requireRedisServer, startRedisServer } from '../../../lab/redis-server.js';
import { freePort } from '../free-port.js';
import { talkTo } from './talk-to.js';

const KEY = 'sk-of-the-account';
const PROMPT = 'a prompt that must not leave the agent';
const WAIT = { timeout: 20_000, interval: 20 };

interface Agent extends Guarded {
  lines: LogLine[];
  primaryCalls: () => number;
  ask(): Promise<unknown>;
}

let redis: RedisServer;
let agents: Agent[];
/** What the shared primary does. */
let answer: () => string;

beforeAll(requireRedisServer);

beforeEach(async () => {
  redis = await startRedisServer(await freePort());
  agents = [];
  answer = () => 'The primary answers.';
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await redis.close();
});

afterAll(() => vi.restoreAllMocks());

async function startAgent(key = KEY): Promise<Agent> {
  let calls = 0;
  const shared = primary({
    TEXT_SMALL: async () => {
      calls++;
      return answer();
    },
  });
  const guarded = await createGuarded({
    plugins: [shared],
    settings: { ELIZANET_REDIS_URL: redis.url, ELIZANET_COOLDOWN: 2_000 },
    secrets: { PRIMARY_API_KEY: key },
  });
  const ask = () => guarded.runtime.useModel('TEXT_SMALL', { prompt: PROMPT });
  const agent = { ...guarded, lines: logLines(guarded.runtime), primaryCalls: () => calls, ask };
  agents.push(agent);
  return agent;
}

/** Two agents of one account that have used their primary, and are connected. */
async function startPair(): Promise<[Agent, Agent]> {
  const pair: [Agent, Agent] = [await startAgent(), await startAgent()];
  for (const agent of pair) expect(await agent.ask()).toBe('The primary answers.');
  await untilHeard(1);
  return pair;
}

/** Waits until Redis has a subscriber of that many accounts. */
async function untilHeard(count: number): Promise<void> {
  const connection = talkTo(redis.url);
  await vi.waitFor(() => {
    connection.send('PUBSUB CHANNELS elizanet-fallback:1:primary:*');
    const channels = new Set(connection.heard().match(/elizanet-fallback:1:primary:\w+/g));
    expect(channels.size).toBeGreaterThanOrEqual(count);
  }, WAIT);
  connection.close();
}

function refuse(): never {
  throw statusError(429, 'Too many requests');
}

const words = (agent: Agent, pattern: RegExp) => agent.lines.filter(({ message }) => pattern.test(message));
const LOST = /does not answer; this agent/;
const BACK = /answers again/;

/** Fails the test if the calls of an agent take as long as any wait for Redis would. */
async function expectQuickAnswers(agent: Agent, text: string): Promise<void> {
  for (let call = 0; call < 10; call++) {
    const startedAt = performance.now();
    expect(await agent.ask()).toBe(text);
    expect(performance.now() - startedAt).toBeLessThan(500);
  }
}

describe('agents that share a Redis server', { timeout: 120_000 }, () => {
  it("one agent's 429 spares the other its own; an agent with another key asks", async () => {
    const [a, b] = await startPair();
    const stranger = await startAgent('sk-of-another-account');
    await stranger.ask();
    answer = refuse;
    expect(await a.ask()).toBe(ELIZANET_ANSWER);
    await vi.waitFor(() => expect(words(b, /primary: reported by another process/)).toHaveLength(1), WAIT);
    expect(await b.ask()).toBe(ELIZANET_ANSWER);
    expect(b.primaryCalls()).toBe(1);
    expect(await stranger.ask()).toBe(ELIZANET_ANSWER);
    expect(stranger.primaryCalls()).toBe(2);
  });

  it('the recovery of one is told, and each closes its circuit by an answer of its own', async () => {
    const [a, b] = await startPair();
    answer = refuse;
    await a.ask();
    await vi.waitFor(() => expect(words(b, /reported by another process/)).toHaveLength(1), WAIT);
    answer = () => 'The primary answers.';
    await vi.waitFor(async () => expect(await a.ask()).toBe('The primary answers.'), WAIT);
    await vi.waitFor(async () => expect(await b.ask()).toBe('The primary answers.'), WAIT);
    expect(b.primaryCalls()).toBe(2);
  });

  it('an agent that starts in the outage knows of it', async () => {
    const [a] = await startPair();
    answer = refuse;
    await a.ask();
    const late = await startAgent();
    await vi.waitFor(() => expect(words(late, /reported by another process/)).toHaveLength(1), WAIT);
    expect(await late.ask()).toBe(ELIZANET_ANSWER);
    expect(late.primaryCalls()).toBe(0);
  });

  it('Redis learns no key and no prompt, and the log does not tell its password', async () => {
    const monitor = talkTo(redis.url);
    monitor.send('MONITOR');
    const [a] = await startPair();
    answer = refuse;
    await a.ask();
    await vi.waitFor(() => expect(monitor.heard()).toContain('"SET" "elizanet-fallback:1:primary:'), WAIT);
    monitor.close();
    expect(monitor.heard()).toContain('refused');
    expect(monitor.heard()).not.toContain(KEY);
    expect(monitor.heard()).not.toContain(PROMPT);
    expect(JSON.stringify(a.lines)).not.toContain('redis-secret');
  });
});

describe('Redis fails', { timeout: 120_000 }, () => {
  it('killed: local state at once, one warning; restarted: shared again', async () => {
    const [a, b] = await startPair();
    await redis.kill();
    await vi.waitFor(() => expect(words(a, LOST)).toHaveLength(1), WAIT);
    await expectQuickAnswers(a, 'The primary answers.');
    answer = refuse;
    await expectQuickAnswers(a, ELIZANET_ANSWER);
    expect(await b.ask()).toBe(ELIZANET_ANSWER);
    expect(b.primaryCalls()).toBe(2);

    await redis.start();
    await vi.waitFor(() => expect(words(b, BACK)).toHaveLength(1), WAIT);
    answer = () => 'The primary answers.';
    for (const agent of [a, b]) {
      await vi.waitFor(async () => expect(await agent.ask()).toBe('The primary answers.'), WAIT);
    }
    const before = b.primaryCalls();
    answer = refuse;
    await a.ask();
    await vi.waitFor(() => expect(words(b, /reported by another process/).length).toBeGreaterThan(0), WAIT);
    await b.ask();
    expect(b.primaryCalls()).toBe(before);
    expect([words(a, LOST), words(b, LOST)].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('stopped: no call waits, one warning, and it is back by itself', async () => {
    const [a, b] = await startPair();
    redis.freeze();
    answer = refuse;
    await expectQuickAnswers(a, ELIZANET_ANSWER);
    await expectQuickAnswers(b, ELIZANET_ANSWER);
    await vi.waitFor(() => expect(words(b, LOST)).toHaveLength(1), WAIT);
    redis.thaw();
    await vi.waitFor(() => expect(words(b, BACK)).toHaveLength(1), WAIT);
    expect(words(a, LOST)).toHaveLength(1);
  });

  it('never there: the agent starts and answers, with one warning', async () => {
    await redis.kill();
    const startedAt = performance.now();
    const agent = await startAgent();
    expect(await agent.ask()).toBe('The primary answers.');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await redis.start();
    await vi.waitFor(() => expect(words(agent, BACK)).toHaveLength(1), WAIT);
  });
});
