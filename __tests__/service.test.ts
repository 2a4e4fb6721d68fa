import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../lab/guarded.js';
import { closedPort } from '../lab/stand-in/server.js';
import { type ElizaNetFallbackService, getCallRecords, getLastAttempts, PROVIDER_NAME } from '../src/index.js';

let guarded: Guarded;
const service = () => guarded.runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService;

afterEach(() => guarded.stop());

describe('the health check', () => {
  it('reports a reachable ElizaNet and an accepted key, without a model call', async () => {
    guarded = await createGuarded({ secrets: { ELIZANET_API_KEY: 'sk-mine' } });
    expect(await service().healthCheck()).toEqual({ reachable: true, key: 'accepted', models: ['gpt-4o'] });
    expect(guarded.elizaNet.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models']);
    expect(guarded.elizaNet.requests[0]?.headers.authorization).toBe('Bearer sk-mine');
  });

  it.each([401, 403])('distinguishes a refused key (%i) from an unreachable endpoint', async (status) => {
    guarded = await createGuarded();
    guarded.elizaNet.fault = { kind: 'status', status };
    expect(await service().healthCheck()).toMatchObject({ reachable: true, key: 'refused' });
  });

  it('never throws: it reports an endpoint that refuses connections as unreachable, with the error', async () => {
    guarded = await createGuarded({ settings: { ELIZANET_BASE_URL: await closedPort() } });
    expect(await service().healthCheck()).toMatchObject({
      reachable: false,
      key: 'unknown',
      error: { code: 'UPSTREAM_CONNECTION' },
    });
  });

  it('reports an endpoint that answers 503 as unreachable', async () => {
    guarded = await createGuarded();
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    expect(await service().healthCheck()).toMatchObject({ reachable: false, error: { statusCode: 503 } });
  });
});

describe('the ledger', () => {
  it('keeps the last hundred calls that failed over or failed, oldest first', async () => {
    guarded = await createGuarded({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) })] });
    for (let i = 0; i < 102; i++) await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    const records = getCallRecords(guarded.runtime);
    expect(records).toHaveLength(100);
    expect(getLastAttempts(guarded.runtime)).toBe(records.at(-1)?.attempts);
  });

  it('is empty for a runtime without the plugin', async () => {
    guarded = await createGuarded();
    expect(getCallRecords({} as never)).toEqual([]);
    expect(getLastAttempts({} as never)).toEqual([]);
  });
});

describe('the start of the agent', () => {
  it('preloads the handlers after a delay, without a request', async () => {
    const clock = fakeClock();
    guarded = await createGuarded({ options: { clock } });
    expect(clock.pendingCount).toBe(1);
    clock.advance(1_000);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(guarded.elizaNet.requests).toEqual([]);
  });

  it('leaves no timer behind when the agent stops before that', async () => {
    const clock = fakeClock();
    guarded = await createGuarded({ options: { clock } });
    await service().stop();
    expect(clock.pendingCount).toBe(0);
  });

  it('preloads nothing while the fallback is disabled', async () => {
    const clock = fakeClock();
    guarded = await createGuarded({ options: { clock }, settings: { ELIZANET_FALLBACK_ENABLED: false } });
    expect(clock.pendingCount).toBe(0);
  });
});

describe('the stop of the agent', () => {
  it('can be repeated', async () => {
    guarded = await createGuarded();
    await service().stop();
    await service().stop();
  });

  it('makes later calls fail with SERVICE_STOPPED', async () => {
    guarded = await createGuarded();
    const { runtime } = guarded;
    await guarded.runtime.stop();
    const error = await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'SERVICE_STOPPED' });
  });
});
