import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { createWithEndpoints, type WithEndpoints } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { type GuardedOptions, primary, statusError } from '../../lab/guarded.js';
import type { StandInOptions } from '../../lab/stand-in/server.js';
import {
  type ElizaNetFallbackService,
  type FailoverStatus,
  getFailoverStatus,
  PROVIDER_NAME,
} from '../../src/index.js';

let agent: WithEndpoints;

async function start(options: GuardedOptions & { second?: StandInOptions } = {}): Promise<void> {
  const down = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) });
  agent = await createWithEndpoints({ plugins: [down], options: { clock: fakeClock(), random: () => 0 }, ...options });
}

afterEach(() => agent.stop());

const ask = () => agent.runtime.useModel('TEXT_SMALL', { prompt: 'Who answers?' });
const status = () => getFailoverStatus(agent.runtime) as FailoverStatus;
const textSmall = () => status().modelTypes.find(({ modelType }) => modelType === 'TEXT_SMALL');
async function value(series: string): Promise<number | undefined> {
  const { body } = await callRoute(agent.runtime, '/metrics');
  const line = body.split('\n').find((line) => line.startsWith(`elizanet_${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('the metrics of several endpoints', () => {
  it('name the endpoint that answered, was asked, and was paid', async () => {
    await start({ second: { headers: { 'x-litellm-response-cost': '0.5' } } });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    await ask();
    const second = 'provider="elizanet-fallback-2"';
    expect(await value('calls_total{model_type="TEXT_SMALL",target="elizanet-fallback-2",outcome="failed_over"}')).toBe(
      1,
    );
    expect(await value('failures_total{provider="elizanet-fallback",kind="rate_limit"}')).toBe(1);
    const failed = 'requests_total{provider="elizanet-fallback",model_type="TEXT_SMALL",outcome="failed"}';
    expect(await value(failed)).toBe(1);
    expect(await value(`requests_total{${second},model_type="TEXT_SMALL",outcome="completed"}`)).toBe(1);
    expect(await value(`requests_in_flight{${second}}`)).toBe(0);
    expect(await value(`tokens_total{${second},model_type="TEXT_SMALL",direction="input"}`)).toBe(7);
    expect(await value(`cost_usd_total{${second}}`)).toBe(0.5);
    expect(await value('cost_usd_total{provider="elizanet-fallback"}')).toBeUndefined();
  });

  it('name a further model of a list', async () => {
    await start({ settings: { ELIZANET_SMALL_MODEL: 'one,org/two:latest' } });
    agent.elizaNet.fault = ({ body }) => (body.model === 'one' ? { kind: 'status', status: 429 } : { kind: 'none' });
    await ask();
    const target = 'elizanet-fallback (org/two:latest)';
    expect(await value(`calls_total{model_type="TEXT_SMALL",target="${target}",outcome="failed_over"}`)).toBe(1);
  });

  it('tell an endpoint that was passed over from one whose circuit is open', async () => {
    await start({ plugins: [], settings: { ELIZANET_MAX_CALLS_PER_HOUR: 1, ELIZANET_MODEL_TYPES: 'text' } });
    await ask();
    await ask();
    expect(await value('failovers_total{provider="elizanet-fallback",kind="passed_over"}')).toBe(1);
  });
});

it('MODEL_USED names the endpoint beside the provider that core knows, whatever the model', async () => {
  await start({ settings: { ELIZANET_2_SMALL_MODEL: 'gone,found' } });
  const usedBy = () => agent.events.filter(({ name }) => name === 'MODEL_USED').map(({ payload }) => payload);
  await ask();
  agent.elizaNet.fault = { kind: 'status', status: 429 };
  agent.second.fault = ({ body }) => (body.model === 'gone' ? { kind: 'status', status: 429 } : { kind: 'none' });
  await ask();
  expect(usedBy()).toMatchObject([
    { provider: PROVIDER_NAME, endpoint: 'elizanet-fallback', model: 'gpt-4o-mini' },
    { provider: PROVIDER_NAME, endpoint: 'elizanet-fallback-2', model: 'found' },
  ]);
});

describe('the status of several endpoints', () => {
  it('lists each with its address, and says which one answers', async () => {
    await start({ secrets: { ELIZANET_2_API_KEY: 'sk-second' } });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    await ask();
    const { endpoints, phase, circuits } = status();
    expect(endpoints).toMatchObject([
      { name: 'elizanet-fallback', host: new URL(agent.elizaNet.url).host, inFlight: 0 },
      { name: 'elizanet-fallback-2', host: new URL(agent.second.url).host, hasKey: true, inFlight: 0 },
    ]);
    expect(textSmall()).toEqual({
      modelType: 'TEXT_SMALL',
      providers: ['primary', 'elizanet-fallback', 'elizanet-fallback-2'],
      answeredBy: 'primary',
    });
    expect(circuits.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
    // The second one answers.
    expect(phase).toBe('healthy');
    await ask();
    expect(textSmall()?.answeredBy).toBe('elizanet-fallback-2');
    expect(status().phase).toBe('outage');
    expect(JSON.stringify(status())).not.toContain('sk-second');
  });

  it('says that ElizaNet is down when no endpoint is left for a model type', async () => {
    await start({ plugins: [] });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    agent.second.fault = { kind: 'status', status: 429 };
    await ask().catch(() => {});
    expect(status().phase).toBe('elizanet_down');
  });

  it('takes an isolated endpoint out of the order', async () => {
    await start({ plugins: [] });
    (agent.runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService).isolate('elizanet-fallback');
    expect(textSmall()?.answeredBy).toBe('elizanet-fallback-2');
  });

  it('shows lists of models, and the addresses of further endpoints', async () => {
    await start({ settings: { ELIZANET_SMALL_MODEL: 'gpt-4o-mini,gpt-4.1' } });
    const { settings } = status();
    expect(settings).toContainEqual({
      name: 'ELIZANET_SMALL_MODEL',
      value: 'gpt-4o-mini,gpt-4.1',
      isDefault: false,
    });
    expect(settings).toContainEqual({ name: 'ELIZANET_2_BASE_URL', value: agent.second.url, isDefault: false });
  });
});
