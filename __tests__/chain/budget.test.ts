import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { Budget } from '../../src/chain/budget.js';
import { getLastAttempts } from '../../src/index.js';

const HOUR_MS = 3_600_000;
let agent: Guarded;
const prompt = 'Who pays?';
const down = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) });
const reached = () =>
  agent.events.filter(({ name }) => name === 'ELIZANET_BUDGET_REACHED').map(({ payload }) => payload);

afterEach(() => agent?.stop());

describe('ELIZANET_MAX_CALLS_PER_HOUR', () => {
  it('skips the endpoint beyond the limit, with the reason in the ledger and one event, until an hour has passed', async () => {
    const clock = fakeClock();
    const settings = { ELIZANET_MAX_CALLS_PER_HOUR: 2, ELIZANET_2_MAX_CALLS_PER_HOUR: 0 };
    agent = await createWithEndpoints({ plugins: [down], options: { clock }, settings });
    const ask = () => agent.runtime.useModel('TEXT_SMALL', { prompt });
    const answers = [await ask(), await ask(), await ask(), await ask()];
    expect(answers).toEqual([ELIZANET_ANSWER, ELIZANET_ANSWER, SECOND_ANSWER, SECOND_ANSWER]);
    expect(getLastAttempts(agent.runtime).at(-2)).toMatchObject({
      attempt: 0,
      provider: 'elizanet-fallback',
      outcome: 'skipped',
      reason: '2 calls per hour',
    });
    expect(reached()).toMatchObject([{ provider: 'elizanet-fallback', limit: '2 calls per hour' }]);
    clock.advance(HOUR_MS + 60_000);
    expect(await ask()).toBe(ELIZANET_ANSWER);
  });

  it('lets no more through within any hour', () => {
    const clock = fakeClock(HOUR_MS);
    const budget = new Budget({ clock, maxCostPerDay: 0, maxCallsPerHour: 100, onReached: () => {} });
    const taken = () => Array.from({ length: 200 }, () => budget.take()).filter((limit) => limit === undefined).length;
    clock.advance(59_000);
    expect(taken()).toBe(100);
    clock.advance(HOUR_MS - 59_000);
    expect(taken()).toBe(0);
    clock.advance(2 * 60_000);
    expect(taken()).toBe(100);
  });

  it('holds for concurrent calls', async () => {
    agent = await createGuarded({ settings: { ELIZANET_MAX_CALLS_PER_HOUR: 3 } });
    const calls = Array.from({ length: 10 }, () => agent.runtime.useModel('TEXT_SMALL', { prompt }));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(agent.elizaNet.calls).toHaveLength(3);
    expect(reached()).toHaveLength(1);
  });

  it('is an error of the only provider that says why, and no failure of its circuit', async () => {
    agent = await createGuarded({ settings: { ELIZANET_MAX_CALLS_PER_HOUR: 1 } });
    await agent.runtime.useModel('TEXT_SMALL', { prompt });
    for (let call = 0; call < 3; call++) {
      await expect(agent.runtime.useModel('TEXT_SMALL', { prompt })).rejects.toMatchObject({
        code: 'ENDPOINT_SKIPPED',
        message: 'ElizaNet is not asked for TEXT_SMALL: 1 calls per hour',
      });
    }
    expect(agent.events.map(({ name }) => name)).not.toContain('ELIZANET_BREAKER_CHANGED');
  });

  it('counts one call for callers that share a request', async () => {
    const settings = { ELIZANET_MAX_CALLS_PER_HOUR: 2, ELIZANET_CACHE_TTL: 60_000 };
    agent = await createGuarded({ settings });
    const ask = (temperature: number) => agent.runtime.useModel('TEXT_SMALL', { prompt, temperature });
    expect(await Promise.all([ask(0), ask(0), ask(0)])).toEqual(Array(3).fill(ELIZANET_ANSWER));
    expect(await ask(0.5)).toBe(ELIZANET_ANSWER);
    expect(agent.elizaNet.calls).toHaveLength(2);
  });

  it('does not count calls that an open circuit has turned away', async () => {
    const clock = fakeClock();
    agent = await createGuarded({ options: { clock }, settings: { ELIZANET_MAX_CALLS_PER_HOUR: 3 } });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    const pinned = () => agent.runtime.useModel('TEXT_SMALL', { prompt }, 'elizanet-fallback');
    for (let call = 0; call < 5; call++) await pinned().catch(() => {});
    expect(agent.elizaNet.calls).toHaveLength(1);
    agent.elizaNet.fault = { kind: 'none' };
    clock.advance(HOUR_MS / 2);
    expect([await pinned(), await pinned()]).toEqual([ELIZANET_ANSWER, ELIZANET_ANSWER]);
  });

  it('reached among concurrent calls, passes the others on to the next endpoint', async () => {
    const settings = { ELIZANET_MAX_CALLS_PER_HOUR: 3, ELIZANET_2_MAX_CALLS_PER_HOUR: 0 };
    agent = await createWithEndpoints({ plugins: [down], settings });
    const calls = Array.from({ length: 10 }, () => agent.runtime.useModel('TEXT_SMALL', { prompt }));
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === ELIZANET_ANSWER)).toHaveLength(3);
    expect(answers.filter((answer) => answer === SECOND_ANSWER)).toHaveLength(7);
    expect(reached()).toHaveLength(1);
  });

  it('does not count answers from the cache', async () => {
    const settings = { ELIZANET_MAX_CALLS_PER_HOUR: 1, ELIZANET_CACHE_TTL: 60_000 };
    agent = await createGuarded({ settings });
    for (let call = 0; call < 3; call++) await agent.runtime.useModel('TEXT_SMALL', { prompt, temperature: 0 });
    expect(agent.elizaNet.calls).toHaveLength(1);
  });
});

describe('ELIZANET_MAX_COST_PER_DAY', () => {
  it("sums the costs that LiteLLM states, and skips the endpoint beyond the day's limit", async () => {
    const clock = fakeClock();
    const settings = { ELIZANET_MAX_COST_PER_DAY: 0.05 };
    const elizaNet = { headers: { 'x-litellm-response-cost': '0.02' } };
    agent = await createGuarded({ options: { clock }, settings, elizaNet });
    const ask = () => agent.runtime.useModel('TEXT_SMALL', { prompt });
    for (let call = 0; call < 3; call++) await ask();
    await expect(ask()).rejects.toThrow('ElizaNet is not asked for TEXT_SMALL: 0.05 USD per day');
    expect(reached()).toMatchObject([{ limit: '0.05 USD per day' }]);
    clock.advance(25 * HOUR_MS);
    expect(await ask()).toBe(ELIZANET_ANSWER);
  });

  it("counts tokens by the model's prices where no cost is stated", async () => {
    const groups = [{ model_group: 'gpt-4o-mini', input_cost_per_token: 0.001, output_cost_per_token: 0.01 }];
    agent = await createGuarded({ settings: { ELIZANET_MAX_COST_PER_DAY: 0.05 }, elizaNet: { groups, models: ['*'] } });
    const ask = () => agent.runtime.useModel('TEXT_SMALL', { prompt });
    await ask();
    // The prices of the models are fetched beside the first call.
    for (let turn = 0; turn < 200 && agent.elizaNet.requests.length < 3; turn++) await nextTurn();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    // 7 tokens of prompt and 3 of completion: 0.037 USD each.
    expect([await ask(), await ask()]).toEqual([ELIZANET_ANSWER, ELIZANET_ANSWER]);
    await expect(ask()).rejects.toThrow('0.05 USD per day');
  });
});

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('a budget', () => {
  it('tells once each time that it is used up', () => {
    const clock = fakeClock();
    const told: string[] = [];
    const options = { clock, maxCostPerDay: 0, maxCallsPerHour: 1, onReached: (limit: string) => told.push(limit) };
    const budget = new Budget(options);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([undefined, '1 calls per hour', '1 calls per hour']);
    clock.advance(HOUR_MS + 60_000);
    expect([budget.take(), budget.take()]).toEqual([undefined, '1 calls per hour']);
    expect(told).toHaveLength(2);
  });

  it.each([0, -1, Number.NaN])('ignores a cost of %d', (usd) => {
    const budget = new Budget({ clock: fakeClock(), maxCostPerDay: 1, maxCallsPerHour: 0, onReached: () => {} });
    budget.pay(usd);
    budget.pay(0.99);
    expect(budget.take()).toBeUndefined();
    budget.pay(0.01);
    expect(budget.take()).toBe('1 USD per day');
  });
});
