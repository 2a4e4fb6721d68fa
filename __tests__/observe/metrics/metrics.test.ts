import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../../../lab/call-route.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import {
  createGuarded,
  type Guarded,
  type GuardedOptions,
  primary,
  statusError,
  textStream,
} from '../../../lab/guarded.js';
import { until } from '../../../lab/until.js';
import { METRICS, type MetricName } from '../../../src/observe/metrics/definitions.js';

let guarded: Guarded;
let clock: FakeClock;

async function start(options: GuardedOptions = {}): Promise<void> {
  clock = fakeClock();
  guarded = await createGuarded({ ...options, options: { clock, random: () => 0 } });
}

afterEach(() => guarded.stop());

const failing = primary({ TEXT_SMALL: () => Promise.reject(statusError(429)) });
const ask = (modelType = 'TEXT_SMALL') => guarded.runtime.useModel(modelType as 'TEXT_SMALL', { prompt: 'hi' });
const page = async () => (await callRoute(guarded.runtime, '/metrics')).body;
/** The value of a series, as it is written on the page: `calls_total{model_type="TEXT_SMALL"}`. */
async function value(series: string): Promise<number | undefined> {
  const line = (await page()).split('\n').find((line) => line.startsWith(`elizanet_${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** The same after the wait for a batch of embeddings. */
function valueLater(series: string): Promise<number | undefined> {
  clock.advance(5);
  return value(series);
}

describe('/metrics', () => {
  it('is text for Prometheus, with every metric named and explained', async () => {
    await start();
    const { status, headers, body } = await callRoute(guarded.runtime, '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of Object.keys(METRICS) as MetricName[]) {
      expect(body).toContain(`# HELP elizanet_${name} ${METRICS[name].help}`);
      expect(body).toContain(`# TYPE elizanet_${name} ${METRICS[name].type}`);
    }
  });

  it('counts calls by model type, target and outcome', async () => {
    await start({
      plugins: [primary({ TEXT_SMALL: async () => 'fine', TEXT_LARGE: () => Promise.reject(statusError(503)) })],
    });
    await ask();
    await ask();
    await ask('TEXT_LARGE');
    guarded.elizaNet.fault = { kind: 'status', status: 401 };
    await ask('TEXT_LARGE').catch(() => {});
    const of = (type: string, target: string, outcome: string) =>
      value(`calls_total{model_type="${type}",target="${target}",outcome="${outcome}"}`);
    expect(await of('TEXT_SMALL', 'primary', 'answered')).toBe(2);
    expect(await of('TEXT_LARGE', 'elizanet-fallback', 'failed_over')).toBe(1);
    expect(await of('TEXT_LARGE', 'none', 'unanswered')).toBe(1);
    expect(
      await value('attempt_duration_seconds_count{provider="primary",model_type="TEXT_LARGE",outcome="failed"}'),
    ).toBe(2);
    expect(await value('failures_total{provider="elizanet-fallback",kind="auth"}')).toBe(1);
  });

  it('counts failovers by the first provider and why it did not answer', async () => {
    await start({ plugins: [failing] });
    await ask();
    await ask();
    expect(await value('failovers_total{provider="primary",kind="rate_limit"}')).toBe(1);
    expect(await value('failovers_total{provider="primary",kind="circuit_open"}')).toBe(1);
    expect(await value('skips_total{provider="primary",model_type="TEXT_SMALL"}')).toBe(1);
  });

  it('shows each circuit as one series per state', async () => {
    await start({ plugins: [failing] });
    await ask();
    const state = (name: string) => value(`circuit_state{provider="primary",model_type="TEXT_SMALL",state="${name}"}`);
    expect([await state('open'), await state('half-open'), await state('closed')]).toEqual([1, 0, 0]);
  });

  it('counts the circuits that share a label value by state: one that closes does not hide one that is open', async () => {
    let healthy = false;
    const refused = () => Promise.reject(statusError(429));
    const second = primary({ OF_A_USER: async () => 'fine', OF_ANOTHER: async () => 'fine' }, 'second');
    await start({
      plugins: [primary({ OF_A_USER: refused, OF_ANOTHER: () => (healthy ? 'fine' : refused()) }), second],
    });
    await ask('OF_A_USER');
    await ask('OF_ANOTHER');
    const state = (name: string) => value(`circuit_state{provider="primary",model_type="other",state="${name}"}`);
    expect([await state('open'), await state('half-open'), await state('closed')]).toEqual([2, 0, 0]);
    healthy = true;
    clock.advance(15_000);
    await ask('OF_ANOTHER');
    expect([await state('open'), await state('half-open'), await state('closed')]).toEqual([1, 0, 1]);
  });

  it('counts probes by outcome', async () => {
    let healthy = false;
    await start({
      plugins: [primary({ TEXT_SMALL: () => (healthy ? Promise.resolve('fine') : Promise.reject(statusError(429))) })],
    });
    await ask();
    healthy = true;
    clock.advance(16_000);
    await ask();
    expect(await value('probes_total{provider="primary",outcome="answered"}')).toBe(1);
  });

  it('counts hedges by outcome, and does not take them for a late failover', async () => {
    await start({
      plugins: [primary({ TEXT_SMALL: () => new Promise(() => {}) })],
      settings: { ELIZANET_HEDGE_AFTER: 1_000 },
    });
    const answer = ask();
    clock.advance(1_000);
    await answer;
    expect(await value('hedges_total{provider="elizanet-fallback",outcome="answered"}')).toBe(1);
    expect(await value('failovers_total{provider="primary",kind="slow"}')).toBe(1);
    expect(await page()).not.toContain('failover_delay_seconds_count');
  });

  it('measures attempts, first chunks and the delay of a failover in seconds', async () => {
    await start({
      plugins: [
        primary({
          TEXT_SMALL: async () => {
            clock.advance(300);
            throw statusError(503);
          },
          TEXT_LARGE: async () => textStream(['one ', 'two']),
        }),
      ],
    });
    await ask();
    const labels = 'provider="primary",model_type="TEXT_SMALL",outcome="failed"';
    expect(await value(`attempt_duration_seconds_sum{${labels}}`)).toBe(0.3);
    expect(await value(`attempt_duration_seconds_bucket{le="0.16",${labels}}`)).toBe(0);
    expect(await value(`attempt_duration_seconds_bucket{le="0.32",${labels}}`)).toBe(1);
    expect(await value(`attempt_duration_seconds_bucket{le="+Inf",${labels}}`)).toBe(1);
    expect(await value('failover_delay_seconds_count{provider="primary"}')).toBe(1);
    expect(await value('failover_delay_seconds_sum{provider="primary"}')).toBe(0);
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk: () => {} });
    expect(await value('time_to_first_chunk_seconds_count{provider="primary",model_type="TEXT_LARGE"}')).toBe(1);
  });

  it('measures no delay of a failover to a provider that was passed over', async () => {
    await start({ plugins: [failing], settings: { ELIZANET_MAX_CALLS_PER_HOUR: 1 } });
    await ask();
    clock.advance(15_000);
    await ask().catch(() => {});
    expect(await value('skips_total{provider="elizanet-fallback",model_type="TEXT_SMALL"}')).toBe(1);
    expect(await value('failures_total{provider="primary",kind="rate_limit"}')).toBe(2);
    expect(await value('failover_delay_seconds_count{provider="primary"}')).toBe(1);
  });

  it('counts requests, tokens and cost of ElizaNet, and what is in flight', async () => {
    await start({ plugins: [failing], elizaNet: { headers: { 'x-litellm-response-cost': '0.0025' } } });
    await ask();
    await ask();
    expect(
      await value('requests_total{provider="elizanet-fallback",model_type="TEXT_SMALL",outcome="completed"}'),
    ).toBe(2);
    expect(await value('tokens_total{provider="elizanet-fallback",model_type="TEXT_SMALL",direction="input"}')).toBe(
      14,
    );
    expect(await value('tokens_total{provider="elizanet-fallback",model_type="TEXT_SMALL",direction="output"}')).toBe(
      6,
    );
    expect(await value('cost_usd_total{provider="elizanet-fallback"}')).toBe(0.005);
    expect(await value('requests_in_flight{provider="elizanet-fallback"}')).toBe(0);
    guarded.elizaNet.fault = { kind: 'hang' };
    const abort = new AbortController();
    const params = { prompt: 'hi', abortSignal: abort.signal };
    const hanging = guarded.runtime.useModel('TEXT_SMALL', params);
    expect(
      await until(
        () => value('requests_in_flight{provider="elizanet-fallback"}'),
        (count) => count === 1,
      ),
    ).toBe(1);
    abort.abort();
    await hanging.catch(() => {});
    expect(
      await until(
        () => value('requests_total{provider="elizanet-fallback",model_type="TEXT_SMALL",outcome="cancelled"}'),
        (count) => count === 1,
      ),
    ).toBe(1);
    expect(await value('requests_in_flight{provider="elizanet-fallback"}')).toBe(0);
  });

  it('measures batches of embeddings, and counts placeholders and answers from the cache', async () => {
    await start({ settings: { ELIZANET_CACHE_TTL: 60_000 } });
    const embed = (text: string) => guarded.runtime.useModel('TEXT_EMBEDDING', { text });
    const before = (await value('embedding_batch_size_count')) ?? 0;
    const both = Promise.all([embed('one'), embed('two')]);
    expect(
      await until(
        () => valueLater('embedding_batch_size_count'),
        (count) => count === before + 1,
      ),
    ).toBe(before + 1);
    await both;
    expect(
      await value('requests_total{provider="elizanet-fallback",model_type="TEXT_EMBEDDING",outcome="completed"}'),
    ).toBe(2);
    await embed('one');
    expect(await value('cache_hits_total{provider="elizanet-fallback",model_type="TEXT_EMBEDDING"}')).toBe(1);
    guarded.elizaNet.fault = { kind: 'status', status: 401 };
    const third = embed('three');
    expect(
      await until(
        () => valueLater('placeholders_total'),
        (count) => count === 1,
      ),
    ).toBe(1);
    await third;
  });

  it('counts the retries that the budget refuses', async () => {
    await start({ settings: { ELIZANET_FAILURE_THRESHOLD: 1000 } });
    guarded.elizaNet.fault = { kind: 'drop' };
    for (let i = 0; i < 13; i++) await ask().catch(() => {});
    expect(await value('retries_refused_total{provider="elizanet-fallback"}')).toBeGreaterThan(0);
  });

  it('has one label value for all model types that core does not define, and for providers beyond the sixteenth', async () => {
    const providers = Array.from({ length: 20 }, (_, i) =>
      primary({ TEXT_SMALL: () => Promise.reject(statusError(429)), OF_A_USER: async () => 'fine' }, `provider-${i}`),
    );
    await start({ plugins: providers });
    await ask();
    await ask('OF_A_USER');
    const body = await page();
    expect(body).toContain('calls_total{model_type="other",target="provider-0",outcome="answered"} 1');
    expect(body).not.toContain('OF_A_USER');
    expect(new Set(body.match(/provider="[^"]+"/g)).size).toBe(17);
  });
});

describe('the routes', () => {
  const from = (headers: Record<string, string | undefined>) => callRoute(guarded.runtime, '/metrics', { headers });

  it('answer programs, their own origin and a link that is followed', async () => {
    await start();
    const accepted = [
      {},
      { 'sec-fetch-site': 'same-origin', host: 'agent:3000' },
      { 'sec-fetch-site': 'none' },
      { origin: 'http://agent:3000', host: 'agent:3000' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' },
    ];
    for (const headers of accepted) expect(await from(headers)).toMatchObject({ status: 200 });
  });

  it('refuse other origins, which the server may allow to read its responses', async () => {
    await start();
    const refused = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'iframe' },
      { origin: 'http://evil.example', host: 'agent:3000' },
      { origin: 'null', host: 'agent:3000' },
    ];
    for (const headers of refused) expect(await from(headers)).toMatchObject({ status: 403 });
  });
});
