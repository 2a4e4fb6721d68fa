import {
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type MetricAttributes,
  type MetricOptions,
  metrics,
} from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, primary, statusError, textStream } from '../../lab/guarded.js';
import { until } from '../../lab/until.js';

/** The histograms of OpenTelemetry's conventions for generative AI, as a host's meter receives them. */

interface Recorded {
  value: number;
  attributes: MetricAttributes;
}

/** Keeps what is recorded. */
class RecordingProvider implements MeterProvider {
  readonly meters: string[] = [];
  readonly options = new Map<string, MetricOptions | undefined>();
  readonly recorded = new Map<string, Recorded[]>();

  getMeter(name: string): Meter {
    this.meters.push(name);
    const createHistogram = (histogram: string, options?: MetricOptions): Histogram => {
      const values: Recorded[] = [];
      this.options.set(histogram, options);
      this.recorded.set(histogram, values);
      return { record: (value, attributes = {}) => void values.push({ value, attributes }) };
    };
    return Object.assign(createNoopMeter(), { createHistogram });
  }

  of(histogram: string): Recorded[] {
    return this.recorded.get(histogram) ?? [];
  }
}

const DURATION = 'gen_ai.client.operation.duration';
const USAGE = 'gen_ai.client.token.usage';

let host: RecordingProvider;
let guarded: Guarded;

beforeEach(() => {
  host = new RecordingProvider();
  metrics.setGlobalMeterProvider(host);
});

afterEach(async () => {
  await guarded.stop();
  metrics.disable();
});

/** Calls until the API is loaded; these are not counted. */
async function start(models: Parameters<typeof primary>[0] = {}): Promise<void> {
  guarded = await createGuarded({ plugins: [primary({ TEXT_SMALL: async () => 'fine', ...models })] });
  await until(
    async () => {
      await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
      return host.of(DURATION).length;
    },
    (count) => count > 0,
  );
  for (const values of host.recorded.values()) values.length = 0;
}

const ask = (params: object = {}, type = 'TEXT_LARGE') =>
  guarded.runtime.useModel(type as 'TEXT_LARGE', { prompt: 'hi', ...params });

describe('the histograms', () => {
  it('have the names, units and buckets of the conventions, in a meter with the name of the plugin', async () => {
    await start();
    expect(host.meters).toEqual(['elizanet-fallback']);
    expect(Object.fromEntries(host.options)).toEqual({
      [DURATION]: {
        unit: 's',
        advice: {
          explicitBucketBoundaries: [
            0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
          ],
        },
      },
      [USAGE]: {
        unit: '{token}',
        advice: {
          explicitBucketBoundaries: [
            1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
          ],
        },
      },
    });
  });

  it('have the duration of each attempt in seconds, with its provider and the kind of its failure', async () => {
    await start({ TEXT_LARGE: () => Promise.reject(statusError(503)) });
    const startedAt = performance.now();
    await ask();
    const tookSeconds = (performance.now() - startedAt) / 1_000;
    const [failed, answered, ...others] = host.of(DURATION);
    expect(others).toEqual([]);
    expect(failed?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'primary',
      'elizanet.model_type': 'TEXT_LARGE',
      'elizanet.outcome': 'failed',
      'error.type': 'server',
      'http.response.status_code': 503,
    });
    expect(answered?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'elizanet-fallback',
      'elizanet.model_type': 'TEXT_LARGE',
      'elizanet.outcome': 'answered',
      'gen_ai.request.model': 'gpt-4o',
    });
    for (const { value } of host.of(DURATION)) {
      expect(value).toBeGreaterThanOrEqual(0);
      // The clock has whole milliseconds.
      expect(value).toBeLessThanOrEqual(tookSeconds + 0.001);
    }
  });

  it('have the tokens of each request to ElizaNet, in and out, with the model', async () => {
    await start({ TEXT_LARGE: () => Promise.reject(statusError(503)) });
    await ask();
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'elizanet-fallback',
      'gen_ai.request.model': 'gpt-4o',
    };
    expect(host.of(USAGE)).toEqual([
      { value: 7, attributes: { ...attributes, 'gen_ai.token.type': 'input' } },
      { value: 3, attributes: { ...attributes, 'gen_ai.token.type': 'output' } },
    ]);
  });

  it('have the tokens of a stream too, and no output of an embedding', async () => {
    await start({ TEXT_LARGE: () => Promise.reject(statusError(503)) });
    await ask({ onStreamChunk: () => {} });
    expect(host.of(USAGE).map(({ value }) => value)).toEqual([7, 3]);
    host.of(USAGE).length = 0;
    await guarded.runtime.useModel('TEXT_EMBEDDING', { text: 'hi' });
    const [input, ...others] = host.of(USAGE);
    expect(input).toMatchObject({ value: 7, attributes: { 'gen_ai.operation.name': 'embeddings' } });
    expect(others).toEqual([]);
  });

  it('have nothing of a provider that is not asked, and no tokens of a primary', async () => {
    await start({
      TEXT_LARGE: () => Promise.reject(statusError(429)),
      TEXT_SMALL: async () => textStream(['one ', 'two']),
    });
    await ask();
    await ask();
    const ofPrimary = host.of(DURATION).filter(({ attributes }) => attributes['gen_ai.provider.name'] === 'primary');
    expect(ofPrimary).toHaveLength(1);
    await ask({ onStreamChunk: () => {} }, 'TEXT_SMALL');
    expect(host.of(USAGE)).toHaveLength(4);
  });

  it('hold no prompt, answer, key or id of a call', async () => {
    await start({ TEXT_LARGE: () => Promise.reject(statusError(503, 'secret words')) });
    await ask({ prompt: 'secret words' });
    const written = JSON.stringify([...host.recorded]);
    expect(written).not.toContain('secret');
    expect(written).not.toContain('elizanet.call.id');
  });
});
