import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../lab/call-route.js';
import { type FakeClock, fakeClock } from '../lab/fake-clock.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../lab/guarded.js';
import { createRuntime } from '../lab/runtime.js';
import { type FailoverStatus, getFailoverStatus } from '../src/index.js';

let guarded: Guarded;
let clock: FakeClock;

async function start(options: GuardedOptions = {}): Promise<void> {
  clock = fakeClock();
  guarded = await createGuarded({ ...options, options: { clock, random: () => 0 } });
}

afterEach(() => guarded?.stop());

const failing = primary({ TEXT_SMALL: () => Promise.reject(statusError(429)) });
const ask = () => guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
const status = () => getFailoverStatus(guarded.runtime) as FailoverStatus;

describe('the status', () => {
  it('is undefined for a runtime without the plugin', async () => {
    const { runtime, stop } = await createRuntime({ plugins: [failing] });
    expect(getFailoverStatus(runtime)).toBeUndefined();
    await stop();
  });

  it('says who answers each model type, in which order providers are asked, and when a circuit is probed', async () => {
    await start({ plugins: [failing] });
    expect(status().phase).toBe('empty');
    await ask();
    clock.advance(5_000);
    const { phase, modelTypes, circuits } = status();
    expect(phase).toBe('outage');
    expect(modelTypes).toContainEqual({
      modelType: 'TEXT_SMALL',
      providers: ['primary', 'elizanet-fallback'],
      answeredBy: 'elizanet-fallback',
    });
    expect(circuits).toEqual([
      {
        provider: 'primary',
        modelType: 'TEXT_SMALL',
        state: 'open',
        since: clock.wallNow() - 5_000,
        retryInMs: 10_000,
        reason: 'rate_limit',
        statusCode: 429,
      },
    ]);
  });

  it('keeps an outage after its end, and is healthy again', async () => {
    let healthy = false;
    await start({
      plugins: [primary({ TEXT_SMALL: () => (healthy ? Promise.resolve('fine') : Promise.reject(statusError(503))) })],
    });
    await ask();
    await ask();
    const from = clock.wallNow();
    healthy = true;
    clock.advance(15_000);
    await ask();
    expect(status()).toMatchObject({
      phase: 'healthy',
      circuits: [],
      outages: [{ provider: 'primary', state: 'closed', reason: 'server', from, to: from + 15_000 }],
    });
  });

  it('shows a circuit that stays open while another one opens and closes a hundred times', async () => {
    let healthy = false;
    const refused = () =>
      Promise.reject(Object.assign(statusError(429), { responseHeaders: { 'retry-after': '300' } }));
    const flapping = () => (healthy ? Promise.resolve('fine') : Promise.reject(statusError(429)));
    await start({
      plugins: [primary({ TEXT_LARGE: refused, TEXT_SMALL: flapping })],
      settings: { ELIZANET_COOLDOWN: 1_000 },
    });
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    for (let flap = 0; flap < 101; flap++) {
      healthy = false;
      await ask();
      healthy = true;
      clock.advance(1_000);
      await ask();
    }
    expect(status().circuits).toMatchObject([{ provider: 'primary', modelType: 'TEXT_LARGE', state: 'open' }]);
    expect(status().phase).toBe('outage');
    expect(status().outages).toHaveLength(50);
  });

  it('says that ElizaNet is down', async () => {
    await start();
    guarded.elizaNet.fault = { kind: 'status', status: 429 };
    await ask().catch(() => {});
    expect(status().phase).toBe('elizanet_down');
  });

  it('lists the last failovers, newest first, and adds up calls and tokens', async () => {
    await start({ plugins: [failing] });
    const before = status().totals.calls;
    await ask();
    await ask();
    const { lastFailovers, totals, failuresByKind } = status();
    expect(lastFailovers.map(({ attempts }) => attempts[0]?.outcome)).toEqual(['skipped', 'failed']);
    expect(lastFailovers[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(totals).toMatchObject({ calls: before + 2, failovers: 2, unanswered: 0, inputTokens: 14, outputTokens: 6 });
    expect(failuresByKind).toEqual([{ provider: 'primary', kind: 'rate_limit', count: 1 }]);
  });

  it('says how long a provider usually takes', async () => {
    await start({
      plugins: [
        primary({
          async TEXT_SMALL() {
            clock.advance(400);
            return 'fine';
          },
        }),
      ],
    });
    await ask();
    expect(status().waits).toEqual([
      {
        provider: 'primary',
        modelType: 'TEXT_SMALL',
        form: 'plain',
        usualMs: 400,
        hedgeAfterMs: 15_000,
        hedgesLeft: 3,
      },
    ]);
  });

  it('shows settings, but no key and no path of an address', async () => {
    await start({
      secrets: { ELIZANET_API_KEY: 'sk-secret' },
      settings: { ELIZANET_BASE_URL: 'http://localhost:9/secret' },
    });
    const { settings } = status();
    expect(settings).toContainEqual({ name: 'ELIZANET_API_KEY', value: '***', isDefault: false });
    expect(settings).toContainEqual({ name: 'ELIZANET_BASE_URL', value: 'http://localhost:9', isDefault: false });
    expect(JSON.stringify(status())).not.toContain('secret');
  });

  it('is the JSON of the route /status', async () => {
    await start({ plugins: [failing] });
    await ask();
    const { headers, body } = await callRoute(guarded.runtime, '/status');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(status())));
  });
});
