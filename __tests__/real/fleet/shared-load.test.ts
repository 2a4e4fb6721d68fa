import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../../lab/endpoints.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { ELIZANET_ANSWER } from '../../../lab/guarded.js';
import { type RedisServer, requireRedisServer, startRedisServer } from '../../../lab/redis-server.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { freePort } from '../free-port.js';
import { talkTo } from './talk-to.js';

const KEY = 'sk-of-the-account';
const PROMPT = 'a prompt that nobody else may read';
const WAIT = { timeout: 20_000, interval: 20 };
const SHARED = { ELIZANET_CACHE_TTL: '600000', ELIZANET_CACHE_PERSIST: 'true', ELIZANET_CACHE_SHARED: 'true' };

let redis: RedisServer;
let elizaNet: StandIn;
let agents: WithEndpoints[];

beforeAll(requireRedisServer);

beforeEach(async () => {
  redis = await startRedisServer(await freePort());
  elizaNet = await startStandIn({ text: ELIZANET_ANSWER, models: ['*'] });
  agents = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await elizaNet.close();
  await redis.close();
});

/** An agent that only ElizaNet serves, connected to Redis. The second endpoint is of its own. */
async function startAgent(settings: Record<string, string> = {}, key = KEY, clock?: FakeClock): Promise<WithEndpoints> {
  const agent = await createWithEndpoints({
    options: { clock },
    settings: { ELIZANET_BASE_URL: elizaNet.url, ELIZANET_REDIS_URL: redis.url, ...settings },
    secrets: { ELIZANET_API_KEY: key },
  });
  agents.push(agent);
  await untilConnected(agents.length);
  return agent;
}

/** Waits until that many agents listen at Redis: all of them over one connection, and each on a channel of its endpoint. */
async function untilConnected(count: number): Promise<void> {
  const connection = talkTo(redis.url);
  await vi.waitFor(() => {
    connection.send('PUBSUB CHANNELS elizanet-fallback:1:endpoint:*');
    const channels = new Set(connection.heard().match(/elizanet-fallback:1:endpoint:\w+/g));
    // The second endpoints differ.
    expect(channels.size).toBeGreaterThanOrEqual(count + 1);
  }, WAIT);
  connection.close();
}

/** Does something, and waits until Redis has been told, and what it passes on has arrived. */
async function whenRedisHas(heard: RegExp, act: () => Promise<unknown>): Promise<void> {
  const monitor = talkTo(redis.url);
  monitor.send('MONITOR');
  await vi.waitFor(() => expect(monitor.heard()).toContain('+OK\r\n+OK'), WAIT);
  await act();
  await vi.waitFor(() => expect(monitor.heard()).toMatch(heard), WAIT);
  monitor.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

const ask = ({ runtime }: WithEndpoints, params: object = {}): Promise<unknown> =>
  runtime.useModel('TEXT_SMALL', { prompt: PROMPT, temperature: 0, ...params });

describe('agents that share an ElizaNet', { timeout: 120_000 }, () => {
  it("one agent's 429 sends the other to its next endpoint", async () => {
    const [a, b] = [await startAgent(), await startAgent()];
    elizaNet.fault = { kind: 'status', status: 429, headers: { 'retry-after': '30' } };
    await whenRedisHas(/"PUBLISH" "elizanet-fallback:1:endpoint:.*limited/, () => ask(a));
    const refused = elizaNet.calls.length;
    expect(await ask(b)).toBe(SECOND_ANSWER);
    expect(elizaNet.calls).toHaveLength(refused);
  });

  it('divide ELIZANET_FLEET_CONCURRENCY', async () => {
    const settings = { ELIZANET_FLEET_CONCURRENCY: '4' };
    const clock = fakeClock();
    const [a, b] = [await startAgent(settings, KEY, clock), await startAgent(settings, KEY, clock)];
    await Promise.all([ask(a), ask(b)]);
    const connection = talkTo(redis.url);
    await vi.waitFor(() => {
      connection.send('KEYS elizanet-fallback:1:endpoint:*:active');
      expect(connection.heard()).toMatch(/elizanet-fallback:1:endpoint:\w+:active/);
    }, WAIT);
    const [key = ''] = /elizanet-fallback:1:endpoint:\w+:active/.exec(connection.heard()) ?? [];
    await vi.waitFor(() => {
      connection.send(`ZCARD ${key}`);
      expect(connection.heard()).toContain(':2\r\n');
    }, WAIT);
    connection.close();
    elizaNet.fault = { kind: 'hang' };
    const leave = new AbortController();
    // Counted anew after five seconds.
    clock.advance(5_000);
    const params = () => ({ prompt: String(Math.random()), abortSignal: leave.signal });
    const asked = [ask(b, params()).catch(() => {})];
    try {
      await vi.waitFor(() => expect(elizaNet.calls.length).toBe(3), WAIT);
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (let call = 0; call < 5; call++) asked.push(ask(b, params()).catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, 500));
      // Two of its own, where it had sixteen.
      expect(elizaNet.calls.length).toBe(4);
    } finally {
      leave.abort(new Error('enough'));
      await Promise.all(asked);
    }
  });
});

describe('ELIZANET_CACHE_SHARED', { timeout: 120_000 }, () => {
  it('lets one agent have what another one has paid for; one with another key pays itself', async () => {
    const [a, b] = [await startAgent(SHARED), await startAgent(SHARED)];
    const stranger = await startAgent(SHARED, 'sk-of-another-account');
    await whenRedisHas(/"SET" "elizanet-fallback:1:answer:/, () => ask(a));
    const asked = elizaNet.calls.length;
    expect(await ask(b)).toBe(ELIZANET_ANSWER);
    expect(elizaNet.calls).toHaveLength(asked);
    await ask(stranger);
    expect(elizaNet.calls).toHaveLength(asked + 1);
  });

  it('tells Redis the answer, and neither prompt, key nor address; without it not even the answer', async () => {
    const monitor = talkTo(redis.url);
    monitor.send('MONITOR');
    const { ELIZANET_CACHE_SHARED: _, ...unshared } = SHARED;
    const a = await startAgent(unshared);
    await ask(a);
    const b = await startAgent(SHARED);
    expect(monitor.heard()).not.toContain(ELIZANET_ANSWER);
    await ask(b);
    await vi.waitFor(() => expect(monitor.heard()).toContain('"SET" "elizanet-fallback:1:answer:'), WAIT);
    monitor.close();
    expect(monitor.heard()).toContain(ELIZANET_ANSWER);
    for (const secret of [PROMPT, KEY, new URL(elizaNet.url).host]) expect(monitor.heard()).not.toContain(secret);
  });

  it('costs no call more than a moment while Redis is stopped or gone, and works again when it is back', async () => {
    const [a, b] = [await startAgent(SHARED), await startAgent(SHARED)];
    const quick = async (agent: WithEndpoints) => {
      for (let call = 0; call < 10; call++) {
        const startedAt = performance.now();
        expect(await ask(agent, { prompt: String(Math.random()) })).toBe(ELIZANET_ANSWER);
        expect(performance.now() - startedAt).toBeLessThan(500);
      }
    };
    redis.freeze();
    await quick(a);
    redis.thaw();
    await redis.kill();
    await quick(b);
    await redis.start();
    await untilConnected(2);
    let prompt = 0;
    await vi.waitFor(async () => {
      prompt++;
      await ask(a, { prompt: `again ${prompt}` });
      const before = elizaNet.calls.length;
      await ask(b, { prompt: `again ${prompt}` });
      expect(elizaNet.calls).toHaveLength(before);
    }, WAIT);
  });
});
