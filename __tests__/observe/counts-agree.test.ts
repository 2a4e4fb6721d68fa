import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { turns } from '../../lab/timed-call.js';
import { getCallRecords, getFailoverStatus } from '../../src/index.js';

/** What log, events, records, metrics and status say of the same calls. */

let agent: Guarded;
let clock: FakeClock;
const errors: string[] = [];

async function start(options: Parameters<typeof createGuarded>[0] = {}): Promise<void> {
  clock = fakeClock();
  agent = await createGuarded({ ...options, options: { clock, random: () => 0 } });
  errors.length = 0;
  agent.runtime.logger.error = ((_: unknown, message: string) => errors.push(message)) as never;
}

afterEach(() => agent.stop());

const ask = (modelType: 'TEXT_SMALL' | 'TEXT_LARGE' = 'TEXT_SMALL') =>
  agent.runtime.useModel(modelType, { prompt: 'hi' });
const payloads = (event: string) => agent.events.filter(({ name }) => name === event).map(({ payload }) => payload);
const status = () => getFailoverStatus(agent.runtime);
const unansweredLines = () => errors.filter((line) => line.includes('could not be answered'));

/** The series of a metric that are not 0. */
async function series(name: string): Promise<string[]> {
  const { body } = await callRoute(agent.runtime, '/metrics');
  return body.split('\n').filter((line) => line.startsWith(`elizanet_${name}{`) && !line.endsWith(' 0'));
}

/** A provider whose calls are answered when the test says so. */
function slow(name?: string) {
  const answers: ((text: string) => void)[] = [];
  const plugin = primary({ TEXT_SMALL: () => new Promise<string>((resolve) => answers.push(resolve)) }, name);
  return { plugin, answer: () => answers.shift()?.('fine') };
}

describe('a call that no provider answers is told each time', () => {
  it.each([
    ['while the circuit of the only one is open', {}],
    ['and gets the text for it', { ELIZANET_UNANSWERED_TEXT: 'Sorry.' }],
    ['beyond a limit of calls', { ELIZANET_MAX_CALLS_PER_HOUR: 1 }],
  ])('%s', async (_, settings) => {
    await start({ settings });
    agent.elizaNet.fault = { kind: 'status', status: 401 };
    for (let call = 0; call < 5; call++) await ask().catch(() => {});
    expect(payloads('ELIZANET_UNANSWERED')).toHaveLength(5);
    expect(unansweredLines()).toHaveLength(5);
    expect(getCallRecords(agent.runtime)).toHaveLength(5);
    expect(status()?.totals).toMatchObject({ unanswered: 5, failovers: 0 });
  });
});

describe('a call that its first provider answers is no failover', () => {
  it('when the next one, which it would have been hedged by, has an open circuit', async () => {
    const { plugin, answer } = slow();
    await start({ plugins: [plugin], settings: { ELIZANET_HEDGE_AFTER: 1_000, ELIZANET_FAILURE_THRESHOLD: 1 } });
    agent.elizaNet.fault = { kind: 'status', status: 401 };
    for (let call = 0; call < 2; call++) {
      const asked = ask();
      await turns();
      clock.advance(1_500);
      await turns();
      answer();
      expect(await asked).toBe('fine');
    }
    expect(await series('failovers_total')).toEqual([]);
    expect(await series('calls_total')).toContainEqual(
      expect.stringMatching(/"TEXT_SMALL",target="primary",outcome="answered"\} 2$/),
    );
    expect(payloads('ELIZANET_FAILED_OVER')).toEqual([]);
    expect(status()).toMatchObject({ totals: { failovers: 0 }, lastFailovers: [] });
  });

  it('when it is faster than its hedge', async () => {
    const { plugin, answer } = slow();
    await start({ plugins: [plugin, slow('next').plugin], settings: { ELIZANET_HEDGE_AFTER: 1_000 } });
    const asked = ask();
    await turns();
    clock.advance(1_000);
    await turns();
    answer();
    await asked;
    expect(payloads('ELIZANET_FAILED_OVER')).toEqual([]);
    expect(status()).toMatchObject({ totals: { failovers: 0 }, lastFailovers: [] });
    // Its attempts are still on record.
    expect(getCallRecords(agent.runtime)[0]?.attempts).toMatchObject([
      { provider: 'primary', outcome: 'answered' },
      { provider: 'next', outcome: 'abandoned', hedge: true },
    ]);
  });
});

it('a failover is counted for the first provider, in the order in which their turn came', async () => {
  let code = 503;
  const failing = primary({ TEXT_SMALL: () => Promise.reject(statusError(code)) });
  const second = primary({ TEXT_SMALL: () => Promise.reject(statusError(429)) }, 'second');
  await start({ plugins: [failing, second] });
  await ask();
  code = 500;
  await ask();
  expect(await series('failovers_total')).toEqual([expect.stringMatching(/\{provider="primary",kind="server"\} 2$/)]);
  expect(getCallRecords(agent.runtime)[1]?.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ['primary', 'failed'],
    ['second', 'skipped'],
    ['elizanet-fallback', 'answered'],
  ]);
});

it('an endpoint that a check found broken is not called healthy, until it answers', async () => {
  const well = primary({ TEXT_SMALL: async () => 'fine', TEXT_EMBEDDING: () => [0.1] });
  await start({ plugins: [well], settings: { ELIZANET_HEALTH_INTERVAL: 0 } });
  agent.elizaNet.fault = { kind: 'status', status: 401 };
  await ask();
  expect(status()).toMatchObject({ phase: 'healthy', endpoints: [{ healthy: true }] });
  for (let second = 0; second < 12; second++) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(status()).toMatchObject({ phase: 'elizanet_down', endpoints: [{ healthy: false }] });
  agent.elizaNet.fault = { kind: 'none' };
  await agent.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }, 'elizanet-fallback');
  expect(status()).toMatchObject({ phase: 'healthy', endpoints: [{ healthy: true }] });
});

it('an outage lasts as long as it lasted, also when the system clock is set meanwhile', async () => {
  let isWell = false;
  const plugin = primary({
    TEXT_LARGE: () => (isWell ? Promise.resolve('fine') : Promise.reject(statusError(429))),
  });
  await start({ plugins: [plugin], settings: { ELIZANET_NOTIFY: 'event', ELIZANET_FAILURE_THRESHOLD: 1 } });
  agent.elizaNet.fault = { kind: 'status', status: 401 };
  await ask('TEXT_LARGE').catch(() => {});
  clock.setWallClock(-3_600_000);
  clock.advance(30_000);
  expect(status()?.circuits.map(({ since }) => clock.wallNow() - since)).toEqual([30_000, 30_000]);
  isWell = true;
  await ask('TEXT_LARGE');
  const ended = status()?.outages.find(({ provider }) => provider === 'primary');
  expect((ended?.to ?? 0) - (ended?.from ?? 0)).toBe(30_000);
  expect(payloads('ELIZANET_OUTAGE_NOTICE').map(({ text }) => text)).toEqual([
    'primary is failing (rate_limit 429); its calls go to the next provider',
    'ElizaNet is failing (auth 401); it could not answer for a primary now',
    'primary works again after 30.0 s',
  ]);
});
