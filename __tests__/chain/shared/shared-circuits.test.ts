import { describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { fakeStore } from '../../../lab/shared-store.js';
import { SharedCircuits } from '../../../src/chain/shared/shared-circuits.js';
import type { SharedStore } from '../../../src/chain/shared/store.js';
import { BreakerRegistry, type ProviderPermit } from '../../../src/core/breaker-registry.js';
import type { Failure } from '../../../src/core/failure-rules.js';

const COOLDOWN_MS = 10_000;
const LATER_MS = COOLDOWN_MS * 1.2;
const DOWN: Failure = { kind: 'server', statusCode: 503 };
const LIMITED: Failure = { kind: 'rate_limit', statusCode: 429, retryAfterMs: 30_000 };

function createAgent(clock: FakeClock, store: SharedStore, account?: string) {
  const registry = new BreakerRegistry({
    clock,
    random: () => 0,
    failureThreshold: 2,
    cooldownMs: COOLDOWN_MS,
    cooldownMaxMs: 300_000,
  });
  const circuits = new SharedCircuits({
    registry,
    store,
    clock,
    random: () => 0,
    failureThreshold: 2,
    cooldownMs: COOLDOWN_MS,
    accountOf: () => account,
  });
  const acquire = (type = 'TEXT_SMALL') => registry.tryAcquire('openai', type);
  return {
    registry,
    circuits,
    acquire,
    fail: (failure = DOWN) => permit(acquire()).failure(failure),
    succeed: () => permit(acquire()).success(),
    state: (type = 'TEXT_SMALL') => registry.state('openai', type),
  };
}

function permit(given: ProviderPermit | undefined): ProviderPermit {
  if (!given) throw new Error('the circuit is open');
  return given;
}

/** Some agents that have used the provider, and their store. */
function createFleet(size: number, options: { delayMs?: number } = {}) {
  const clock = fakeClock();
  const store = fakeStore(clock, options.delayMs);
  const agents = Array.from({ length: size }, () => createAgent(clock, store, 'account'));
  for (const agent of agents) agent.succeed();
  return { clock, store, agents, states: () => agents.map((agent) => agent.state()) };
}

type Agents = ReturnType<typeof createFleet>['agents'];
const agentsOf = (agents: Agents) => agents as [Agents[0], Agents[0], Agents[0], Agents[0]];

describe('one agent spares the others', () => {
  it('a stated refusal opens the circuit of all, for as long as it says', () => {
    const { agents, states, clock } = createFleet(3);
    agents[0]?.fail(LIMITED);
    expect(states()).toEqual(['open', 'open', 'open']);
    clock.advance(29_999);
    expect(states()).toEqual(['open', 'open', 'open']);
    clock.advance(1);
    expect(states()).toEqual(['half-open', 'half-open', 'half-open']);
  });

  it('three counted failures in a row, of whichever agents, open the circuit of all', () => {
    const { agents, states } = createFleet(4);
    const [a, b, c] = agentsOf(agents);
    a.fail();
    b.fail();
    expect(states()).toEqual(['closed', 'closed', 'closed', 'closed']);
    c.fail();
    expect(states()).toEqual(['open', 'open', 'open', 'open']);
  });

  it('a failure that another agent contradicts does not count: a host without network opens no circuit but its own', () => {
    const { agents, states } = createFleet(3);
    const [broken, b] = agentsOf(agents);
    for (let round = 0; round < 5; round++) {
      if (broken.state() === 'closed') broken.fail({ kind: 'network', code: 'ENETUNREACH' });
      b.succeed();
    }
    expect(states()).toEqual(['open', 'closed', 'closed']);
  });

  it('a failed probe of a circuit that is open for one agent only counts as one failure for the others', () => {
    const { agents, clock, states } = createFleet(2);
    const [broken, b] = agentsOf(agents);
    broken.fail();
    broken.fail();
    b.succeed();
    clock.advance(LATER_MS);
    broken.fail();
    expect(states()).toEqual(['open', 'closed']);
  });

  it('a hang is not a statement of the provider: it counts', () => {
    const { agents, states } = createFleet(2);
    agents[0]?.fail({ kind: 'timeout', silence: { ms: 9_000 } });
    expect(states()).toEqual(['open', 'closed']);
  });

  it('an exhausted quota concerns all model types of the account', () => {
    const { agents } = createFleet(2);
    const [a, b] = agentsOf(agents);
    a.fail({ kind: 'quota', statusCode: 402 });
    expect(b.acquire('IMAGE')).toBeUndefined();
  });

  it('a failure does not reach agents of another account or of an unknown account', () => {
    const clock = fakeClock();
    const store = fakeStore(clock);
    const [a, other] = [createAgent(clock, store, 'one'), createAgent(clock, store, 'two')];
    const nameless = createAgent(clock, store, undefined);
    for (const agent of [a, other, nameless]) agent.succeed();
    a.fail(LIMITED);
    expect([other.state(), nameless.state()]).toEqual(['closed', 'closed']);
  });

  it('an agent that starts during the outage learns of it before its first call', async () => {
    const { agents, clock, store } = createFleet(1);
    agents[0]?.fail(LIMITED);
    clock.advance(10_000);
    const late = createAgent(clock, store, 'account');
    late.circuits.met('openai', 'TEXT_SMALL');
    await Promise.resolve();
    await Promise.resolve();
    expect(late.acquire()).toBeUndefined();
    expect(late.registry.retryAfterMs('openai', 'TEXT_SMALL')).toBe(20_000);
  });
});

describe('recovery', () => {
  it('one agent probes at a time, the others wait for its result', () => {
    const { agents, clock } = createFleet(3);
    const [a, b, c] = agentsOf(agents);
    a.fail(LIMITED);
    clock.advance(30_000);
    const probe = permit(b.acquire());
    expect(probe.probe).toBe(true);
    expect([a.acquire(), c.acquire()]).toEqual([undefined, undefined]);
    probe.failure(DOWN);
    clock.advance(5_000 * 1.2);
    expect([a.acquire(), c.acquire()]).toEqual([undefined, undefined]);
  });

  it('failed probes do not make the others wait for longer and longer: a fleet sees a recovery soon', () => {
    const { agents, clock } = createFleet(2);
    const [a, b] = agentsOf(agents);
    a.fail({ kind: 'rate_limit' });
    clock.advance(COOLDOWN_MS);
    for (let round = 0; round < 4; round++) {
      b.fail();
      expect(a.registry.retryAfterMs('openai', 'TEXT_SMALL')).toBe(2 * COOLDOWN_MS);
      clock.advance(b.registry.retryAfterMs('openai', 'TEXT_SMALL'));
    }
  });

  it('an agent that dies with its probe holds the others up for a few seconds only', () => {
    const { agents, clock } = createFleet(2);
    const [a, b] = agentsOf(agents);
    a.fail(LIMITED);
    clock.advance(30_000);
    a.acquire();
    expect(b.acquire()).toBeUndefined();
    clock.advance(5_000);
    expect(b.acquire()?.probe).toBe(true);
  });

  it('after the success of one, the others may probe at once, and close only by answers of their own', () => {
    const { agents, states, clock } = createFleet(3);
    const [a, b, c] = agentsOf(agents);
    a.fail(LIMITED);
    clock.advance(30_000);
    b.succeed();
    expect(states()).toEqual(['half-open', 'closed', 'half-open']);
    expect([c.acquire()?.probe, c.acquire()]).toEqual([true, undefined]);
    a.succeed();
    expect(states()).toEqual(['closed', 'closed', 'half-open']);
  });

  it('the recovery of a thousand agents is published once', () => {
    const { agents, store, clock } = createFleet(1_000);
    agents[0]?.fail(LIMITED);
    clock.advance(30_000);
    for (const agent of agents) agent.succeed();
    expect(new Set(agents.map((agent) => agent.state()))).toEqual(new Set(['closed']));
    expect(kinds(store.published)).toEqual(['refused', 'probing', 'recovered']);
  });

  it('a success of its own closes the circuit of an agent while it is open for the others', () => {
    const { agents, states } = createFleet(2);
    const [a, b] = agentsOf(agents);
    const running = permit(b.registry.force('openai', 'TEXT_SMALL'));
    running.failure(DOWN);
    a.fail(LIMITED);
    const forced = b.registry.force('openai', 'TEXT_SMALL');
    forced.success();
    expect(states()[1]).toBe('closed');
  });
});

describe('messages', () => {
  it('are not sent while the provider answers', () => {
    const { agents, store } = createFleet(10);
    for (const agent of agents) agent.succeed();
    expect(store.published).toEqual([]);
  });

  it('are one for each of several calls that fail at the same time, without an echo', () => {
    const { agents, store, clock } = createFleet(50, { delayMs: 2 });
    const permits = agents.slice(0, 10).map((agent) => permit(agent.acquire()));
    for (const given of permits) given.failure(LIMITED);
    clock.advance(100);
    expect(kinds(store.published)).toEqual(Array(10).fill('refused'));
  });

  it('are not needed while the store is down: each agent goes by its own calls', () => {
    const { agents, states, store } = createFleet(2);
    store.isDown = true;
    agents[0]?.fail(LIMITED);
    expect(states()).toEqual(['open', 'closed']);
  });

  it('of another version or of another program do nothing', () => {
    const { agents, states, store, clock } = createFleet(2);
    agents[0]?.fail();
    const [channel = ''] = store.seen;
    for (const message of ['', '{', 'null', '[]', '{"kind":"refused"}', '{"from":"x","kind":"new"}', '{"from":1}']) {
      store.publish(channel, message);
    }
    store.publish(channel, JSON.stringify({ from: 'x', kind: 'refused', modelType: 'TEXT_SMALL', forMs: -1 }));
    store.publish(channel, JSON.stringify({ from: 'x', kind: 'refused', modelType: 'TEXT_SMALL', forMs: 'long' }));
    expect(states()).toEqual(['closed', 'closed']);
    store.publish(channel, JSON.stringify({ from: 'x', kind: 'refused', modelType: 'TEXT_SMALL', forMs: 1e9 }));
    clock.advance(300_000);
    expect(states()).toEqual(['half-open', 'half-open']);
  });

  it('are neither read nor sent by an agent that has left', () => {
    const { agents, states, store } = createFleet(2);
    const [a, b] = agentsOf(agents);
    b.circuits.close();
    a.fail(LIMITED);
    b.fail(LIMITED);
    expect(states()).toEqual(['open', 'open']);
    expect(kinds(store.published)).toEqual(['refused']);
  });
});

function kinds(messages: readonly string[]): unknown[] {
  return messages.map((message) => JSON.parse(message).kind);
}
