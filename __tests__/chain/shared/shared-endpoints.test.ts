import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { type FakeStore, fakeStore } from '../../../lab/shared-store.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { SharedEndpoints } from '../../../src/chain/shared/shared-endpoints.js';
import { asJson } from '../../../src/http/as-json.js';
import { Endpoint } from '../../../src/http/endpoint.js';
import { request } from '../../../src/http/request.js';

const MODEL = 'gpt-4o-mini';
let clock: FakeClock;
let store: FakeStore;
let server: StandIn;
const agents: Agent[] = [];

interface Agent {
  endpoint: Endpoint;
  shared: SharedEndpoints;
}

beforeEach(async () => {
  clock = fakeClock();
  store = fakeStore(clock);
  server = await startStandIn();
});

afterEach(async () => {
  for (const { endpoint, shared } of agents.splice(0)) {
    shared.close();
    await endpoint.close();
  }
  await server.close();
});

/** An agent that shares the server with others of its account. */
function join({ fleetConcurrency = 0, account = 'ours', maxConcurrency = 16 } = {}): Agent {
  const endpoint = new Endpoint({ name: 'ElizaNet', baseUrl: server.url, maxConcurrency, clock, random: () => 0 });
  const endpoints = [{ number: 1, endpoint, account, fleetConcurrency }];
  const agent = { endpoint, shared: new SharedEndpoints({ store, clock, endpoints }) };
  agents.push(agent);
  return agent;
}

const ask = ({ endpoint }: Agent, model = MODEL) => {
  const body = { model, messages: [{ role: 'user', content: 'a prompt that nobody else may read' }] };
  const asked = request(endpoint, { path: '/v1/chat/completions', body, timeoutMs: 30_000 }, asJson(z.unknown()));
  asked.catch(() => {});
  return asked;
};
const refuse = (retryAfter?: string) => {
  server.fault = { kind: 'status', status: 429, headers: retryAfter ? { 'retry-after': retryAfter } : {} };
};
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

/** One agent is refused, and has told it. */
async function refusedOnce(agent: Agent, retryAfter?: string): Promise<void> {
  refuse(retryAfter);
  void ask(agent);
  await until(() => store.published.length > 0);
  server.fault = { kind: 'none' };
}

describe("one agent's 429", () => {
  it('delays no request of the others: those that waited would all ask at once', async () => {
    for (const retryAfter of ['1', '2', '30', undefined]) {
      store.published.length = 0;
      const [a, b] = [join(), join()];
      await refusedOnce(a, retryAfter);
      expect(b.shared.isLimited(1, MODEL)).toBe(true);
      await ask(b);
      clock.advance(60_000);
    }
  });

  it('holds for the model that was refused, and for agents of the account', async () => {
    const [a, b, stranger] = [join(), join(), join({ account: 'another' })];
    await refusedOnce(a, '2');
    await ask(b, 'another-model');
    await ask(stranger);
    expect([b.shared.isLimited(1, MODEL), stranger.shared.isLimited(1, MODEL)]).toEqual([true, false]);
  });

  it('is forgotten when its time is over', async () => {
    const [a, b] = [join(), join()];
    await refusedOnce(a, '30');
    clock.advance(29_999);
    expect(b.shared.isLimited(1, MODEL)).toBe(true);
    clock.advance(1);
    expect(b.shared.isLimited(1, MODEL)).toBe(false);
  });

  it('is told once by many that are refused at the same time', async () => {
    const many = Array.from({ length: 10 }, () => join());
    refuse('2');
    for (const agent of many) void ask(agent);
    await until(() => server.calls.length === 10);
    await settle();
    // Those whose answer was under way when the first one was heard.
    expect(store.published.length).toBeLessThanOrEqual(2);
  });

  it('tells no prompt, no address and no key', async () => {
    await refusedOnce(join(), '2');
    expect(store.seen.join()).not.toMatch(/nobody else|127\.0\.0\.1/);
  });
});

describe("one agent's open circuit", () => {
  it('spends the retries that the others have saved up, and opens none of their circuits', async () => {
    const [a, b] = [join(), join()];
    a.shared.failing(1);
    expect([a.endpoint.retries.available, b.endpoint.retries.available]).toEqual([10, 0]);
    server.fault = { kind: 'status', status: 503 };
    await ask(b).catch(() => {});
    expect(server.calls).toHaveLength(1);
    // A tenth of the calls may retry, as in any long outage.
    for (let call = 0; call < 10; call++) b.endpoint.retries.deposit();
    expect(b.endpoint.retries.available).toBe(1);
  });
});

describe('ELIZANET_FLEET_CONCURRENCY', () => {
  const limits = () => agents.map(({ endpoint }) => endpoint.connections.limit);
  const all = { fleetConcurrency: 12 };
  const allAsk = async () => {
    for (const { shared } of agents) shared.asked(1);
    await settle();
  };

  it('is divided by the agents that make requests', async () => {
    for (let agent = 0; agent < 4; agent++) join(all);
    await allAsk();
    clock.advance(5_000);
    await allAsk();
    expect(limits()).toEqual([3, 3, 3, 3]);
    // Two of them are idle for a while.
    for (let beat = 0; beat < 4; beat++) {
      clock.advance(5_000);
      for (const { shared } of agents.slice(0, 2)) shared.asked(1);
      await settle();
    }
    expect(limits().slice(0, 2)).toEqual([6, 6]);
  });

  it('leaves each agent one request, and never more than its own limit', async () => {
    for (let agent = 0; agent < 20; agent++) join(all);
    await allAsk();
    expect(limits().at(-1)).toBe(1);
    clock.advance(60_000);
    join({ ...all, maxConcurrency: 4, account: 'alone' }).shared.asked(1);
    await settle();
    expect(limits().at(-1)).toBe(4);
  });

  it('holds requests back, and sends them when the share grows', async () => {
    const [a, b] = [join({ fleetConcurrency: 2 }), join({ fleetConcurrency: 2 })];
    await allAsk();
    clock.advance(5_000);
    await allAsk();
    server.fault = { kind: 'hang' };
    const asked = [ask(a), ask(a), ask(a)];
    await until(() => server.calls.length === 1);
    await settle();
    expect([server.calls.length, a.endpoint.connections.waitingCount]).toEqual([1, 2]);
    b.shared.close();
    clock.advance(20_000);
    a.shared.asked(1);
    await until(() => server.calls.length === 2);
    expect(asked).toHaveLength(3);
    clock.advance(30_000);
  });

  it('is asked for at most every five seconds, and never without a limit', async () => {
    let counted = 0;
    const { countActive } = store;
    store.countActive = (...args) => {
      counted++;
      return countActive(...args);
    };
    const agent = join(all);
    const without = join();
    for (let call = 0; call < 100; call++) {
      agent.shared.asked(1);
      without.shared.asked(1);
    }
    expect(counted).toBe(1);
  });

  it('while Redis is away each agent keeps its share for a minute, and then has its own limit', async () => {
    for (let agent = 0; agent < 4; agent++) join(all);
    await allAsk();
    clock.advance(5_000);
    await allAsk();
    store.isDown = true;
    clock.advance(30_000);
    await allAsk();
    expect(limits()).toEqual([3, 3, 3, 3]);
    clock.advance(30_000);
    await allAsk();
    expect(limits()).toEqual([16, 16, 16, 16]);
  });
});

it('messages of another version or from a stranger do nothing', async () => {
  const agent = join();
  const channel = 'elizanet-fallback:1:endpoint:ours';
  const hint = { from: 'x', kind: 'limited', model: MODEL, forMs: 1_000 };
  const bad = [
    '',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...hint, kind: 'closed' }),
    JSON.stringify({ ...hint, forMs: -1 }),
  ];
  for (const message of [...bad, JSON.stringify({ ...hint, model: 7 }), JSON.stringify({ ...hint, forMs: 1e99 })]) {
    store.publish(channel, message);
  }
  expect(agent.shared.isLimited(1, MODEL)).toBe(false);
  expect(agent.endpoint.retries.available).toBe(10);
  store.publish(channel, JSON.stringify({ ...hint, forMs: 2 ** 30 }));
  clock.advance(60_000);
  expect(agent.shared.isLimited(1, MODEL)).toBe(false);
});
