import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints } from '../../lab/endpoints.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import type { StandIn } from '../../lab/stand-in/server.js';
import { getFailoverStatus } from '../../src/index.js';

/** The laboratory switches the checks off for tests with a clock of their own. */
const BY_DEFAULT = { ELIZANET_HEALTH_INTERVAL: 0 };

let agent: Guarded;
let clock: FakeClock;
const options = () => {
  clock = fakeClock();
  return { clock, random: () => 0 };
};
const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 1));
const checks = ({ requests }: StandIn) => requests.filter(({ path }) => path === '/v1/models').length;
const changes = () =>
  agent.events
    .filter(({ name }) => name === 'ELIZANET_ENDPOINT_HEALTH_CHANGED')
    .map(({ payload: { provider, healthy } }) => `${provider} ${healthy ? 'healthy' : 'unhealthy'}`);

/** Moves the clock on step by step, so that what a timer starts can end. */
async function pass(ms: number): Promise<void> {
  const until = clock.now() + ms;
  while (clock.now() < until) {
    clock.advance(Math.min(1_000, until - clock.now()));
    for (let turn = 0; turn < 8; turn++) await nextTurn();
  }
}

afterEach(() => agent?.stop());

describe('the monitor', () => {
  it('checks each endpoint once soon after the start, and reports nothing while all are healthy', async () => {
    const well = primary({ TEXT_EMBEDDING: () => [0.1] });
    const two = await createWithEndpoints({ plugins: [well], options: options(), settings: BY_DEFAULT });
    agent = two;
    await pass(12_000);
    expect([checks(two.elizaNet), checks(two.second)]).toEqual([1, 1]);
    await pass(120_000);
    expect([checks(two.elizaNet), checks(two.second)]).toEqual([1, 1]);
    expect(changes()).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });

  it('knows a broken spare before the outage, checks it until it is back, and tells both', async () => {
    agent = await createGuarded({ options: options(), settings: BY_DEFAULT });
    agent.elizaNet.fault = { kind: 'status', status: 503 };
    await pass(12_000);
    expect(changes()).toEqual(['elizanet-fallback unhealthy']);
    await pass(60_000);
    expect(checks(agent.elizaNet)).toBeGreaterThan(2);
    agent.elizaNet.fault = { kind: 'none' };
    await pass(60_000);
    expect(changes()).toEqual(['elizanet-fallback unhealthy', 'elizanet-fallback healthy']);
    const known = checks(agent.elizaNet);
    await pass(120_000);
    expect(checks(agent.elizaNet)).toBe(known);
  });

  it('takes a server without a list of models for well, and one that refuses the key for broken', async () => {
    agent = await createGuarded({ options: options(), settings: BY_DEFAULT });
    agent.elizaNet.fault = { kind: 'status', status: 404 };
    await pass(12_000);
    expect(changes()).toEqual([]);
    await agent.stop();
    agent = await createGuarded({ options: options(), settings: BY_DEFAULT });
    agent.elizaNet.fault = { kind: 'status', status: 401 };
    await pass(12_000);
    expect(changes()).toEqual(['elizanet-fallback unhealthy']);
  });

  it.each([0, 3_600_000])(
    'checks an endpoint whose circuit opens within 45 s, with an interval of %d',
    async (interval) => {
      const down = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) });
      const settings = { ELIZANET_HEALTH_INTERVAL: interval };
      agent = await createGuarded({ plugins: [down], options: options(), settings });
      await pass(12_000);
      agent.elizaNet.fault = { kind: 'status', status: 429 };
      await agent.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch(() => {});
      await pass(46_000);
      expect(checks(agent.elizaNet)).toBe(2);
    },
  );

  it('does not take an endpoint for broken because calls use all of its connections', async () => {
    const settings = { ...BY_DEFAULT, ELIZANET_MAX_CONCURRENCY: 1 };
    agent = await createGuarded({ options: options(), settings });
    const { elizaNet, runtime } = agent;
    elizaNet.fault = ({ path }) => (path === '/v1/models' ? { kind: 'none' } : { kind: 'hang' });
    const slow = runtime.useModel('TEXT_SMALL', { prompt: 'slow' }).catch(() => {});
    for (let turn = 0; turn < 500 && elizaNet.calls.length === 0; turn++) await nextTurn();
    await pass(12_000);
    expect([checks(elizaNet), changes()]).toEqual([0, []]);
    elizaNet.disconnect();
    elizaNet.fault = { kind: 'none' };
    await slow;
    await pass(46_000);
    expect([checks(elizaNet), changes()]).toEqual([1, []]);
  });

  it('takes none of the retries of calls', async () => {
    agent = await createGuarded({ options: options(), settings: BY_DEFAULT });
    agent.elizaNet.fault = { kind: 'status', status: 503 };
    await pass(300_000);
    expect(checks(agent.elizaNet)).toBeGreaterThan(5);
    expect(getFailoverStatus(agent.runtime)?.endpoints[0]?.retriesLeft).toBe(10);
  });

  it('checks at the interval that is set', async () => {
    agent = await createGuarded({ options: options(), settings: { ELIZANET_HEALTH_INTERVAL: 60_000 } });
    await pass(12_000);
    expect(checks(agent.elizaNet)).toBe(1);
    await pass(125_000);
    expect(checks(agent.elizaNet)).toBe(3);
  });

  it.each([
    ['with ELIZANET_HEALTH_INTERVAL=off', { ELIZANET_HEALTH_INTERVAL: 'off' }],
    ['while the fallback is disabled', { ...BY_DEFAULT, ELIZANET_FALLBACK_ENABLED: false }],
  ])('checks nothing %s', async (_, settings) => {
    agent = await createGuarded({ options: options(), settings });
    await pass(20_000);
    expect(agent.elizaNet.requests).toEqual([]);
  });

  it('stops with the agent', async () => {
    agent = await createGuarded({ options: options(), settings: { ELIZANET_HEALTH_INTERVAL: 60_000 } });
    await pass(12_000);
    await agent.stop();
    expect(clock.pendingCount).toBe(0);
  });

  describe('says whether a limit of costs can be kept', () => {
    const LITELLM = { model_group: 'gpt-4o-mini', input_cost_per_token: 0.001, output_cost_per_token: 0.01 };
    const FREE = { ...LITELLM, input_cost_per_token: null, output_cost_per_token: null };
    const settings = { ...BY_DEFAULT, ELIZANET_MAX_COST_PER_DAY: 1 };
    const start = async (elizaNet: Parameters<typeof createGuarded>[0]) => {
      const warnings: string[] = [];
      agent = await createGuarded({ options: options(), settings, ...elizaNet });
      agent.runtime.logger.warn = ((_: unknown, message: string) => warnings.push(message)) as never;
      return () => warnings.filter((line) => line.includes('ELIZANET_MAX_COST_PER_DAY cannot be kept for ElizaNet'));
    };

    it.each([
      ['no LiteLLM', {}, 1],
      ['a LiteLLM without prices', { groups: [FREE] }, 1],
      ['a LiteLLM with prices', { groups: [LITELLM] }, 0],
    ])('%s', async (_, elizaNet, count) => {
      const warnings = await start({ elizaNet });
      await pass(12_000);
      expect(warnings()).toHaveLength(count);
    });

    it('a server without a list of models', async () => {
      const warnings = await start({});
      agent.elizaNet.fault = { kind: 'status', status: 404 };
      await pass(12_000);
      expect(warnings()).toHaveLength(1);
    });

    it('an endpoint that has stated costs', async () => {
      const warnings = await start({ elizaNet: { headers: { 'x-litellm-response-cost': '0.02' } } });
      await agent.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
      await pass(12_000);
      expect(warnings()).toEqual([]);
    });

    it('once an endpoint answers, that was down at the first check', async () => {
      const warnings = await start({});
      agent.elizaNet.fault = { kind: 'status', status: 503 };
      await pass(12_000);
      expect(warnings()).toEqual([]);
      agent.elizaNet.fault = { kind: 'none' };
      await pass(46_000);
      expect(warnings()).toHaveLength(1);
    });
  });
});
