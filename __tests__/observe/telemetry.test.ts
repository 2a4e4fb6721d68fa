import {
  context,
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { importGraph } from '../../lab/import-graph.js';
import { until } from '../../lab/until.js';
import { createTelemetrySink } from '../../src/observe/telemetry/telemetry-sink.js';

const exporter = new InMemorySpanExporter();
let guarded: Guarded | undefined;

/** What a host does that traces itself. */
function registerTracing(): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}

afterEach(async () => {
  await guarded?.stop();
  guarded = undefined;
  exporter.reset();
  trace.disable();
  metrics.disable();
  context.disable();
});

/** Calls until the API is loaded; no span comes of these. */
async function start(...plugins: Parameters<typeof primary>[0][]): Promise<Guarded> {
  registerTracing();
  guarded = await createGuarded({ plugins: plugins.map((models) => primary(models)) });
  const { runtime } = guarded;
  const recorded = await until(
    async () => {
      await runtime.useModel('TEXT_TOKENIZER_ENCODE', { prompt: 'hi', modelType: 'TEXT_SMALL' });
      await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
      return exporter.getFinishedSpans().length;
    },
    (count) => count > 0,
  );
  expect(recorded).toBeGreaterThan(0);
  exporter.reset();
  return guarded;
}

const named = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
const only = (name: string) => {
  const spans = named(name);
  expect(spans).toHaveLength(1);
  return spans[0] as ReadableSpan;
};
const millisecondsOf = ([seconds, nanoseconds]: [number, number]) => seconds * 1_000 + nanoseconds / 1e6;

describe('spans', () => {
  it("has one per call under the caller's own, and one per attempt under that", async () => {
    const { runtime } = await start({
      TEXT_SMALL: async () => 'fine',
      TEXT_LARGE: () => Promise.reject(statusError(503)),
    });
    await trace.getTracer('host').startActiveSpan('a message', async (message) => {
      await runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
      message.end();
    });
    const message = only('a message');
    const call = only('chat TEXT_LARGE');
    const failed = only('chat primary');
    const answered = only('chat elizanet-fallback');
    expect(call.parentSpanContext?.spanId).toBe(message.spanContext().spanId);
    expect(failed.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect(answered.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect(call.spanContext().traceId).toBe(message.spanContext().traceId);
    for (const span of [failed, answered]) {
      expect(millisecondsOf(span.startTime)).toBeGreaterThanOrEqual(millisecondsOf(call.startTime));
      expect(millisecondsOf(span.endTime)).toBeLessThanOrEqual(millisecondsOf(call.endTime) + 1);
    }
  });

  it('name provider, model, tokens and failure as the conventions do, and the id of the call', async () => {
    const { runtime, events } = await start({
      TEXT_SMALL: async () => 'fine',
      TEXT_LARGE: () => Promise.reject(statusError(503)),
    });
    await runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    const id = events.find(({ name }) => name === 'ELIZANET_FAILED_OVER')?.payload.id;
    expect(only('chat TEXT_LARGE').attributes).toMatchObject({ 'elizanet.call.id': id, 'elizanet.answered': true });
    expect(only('chat primary')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'primary',
        'error.type': 'server',
        'http.response.status_code': 503,
        'elizanet.call.id': id,
      },
    });
    expect(only('chat elizanet-fallback').attributes).toMatchObject({
      'gen_ai.provider.name': 'elizanet-fallback',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
    });
  });

  it('marks a call that no provider answered as an error', async () => {
    const { runtime, elizaNet } = await start({
      TEXT_SMALL: async () => 'fine',
      TEXT_LARGE: () => Promise.reject(statusError(503)),
    });
    elizaNet.fault = { kind: 'status', status: 401 };
    await runtime.useModel('TEXT_LARGE', { prompt: 'hi' }).catch(() => {});
    expect(only('chat TEXT_LARGE').status.code).toBe(SpanStatusCode.ERROR);
  });
});

/** A host's meters, whose histograms pass on what they are given. */
function meterProvider(record: (name: string, value: number) => void): MeterProvider {
  const createHistogram = (name: string): Histogram => ({ record: (value) => record(name, value) });
  const meter: Meter = Object.assign(createNoopMeter(), { createHistogram });
  return { getMeter: () => meter };
}

describe('a host that does the unexpected', () => {
  it('gets metrics when it registers a meter provider after its tracer provider', async () => {
    const { runtime } = await start({ TEXT_SMALL: async () => 'fine' });
    const recorded: string[] = [];
    metrics.setGlobalMeterProvider(meterProvider((name) => recorded.push(name)));
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(recorded).toEqual(['gen_ai.client.operation.duration']);
  });

  it('gets its spans where it has registered anew', async () => {
    const { runtime } = await start({ TEXT_SMALL: async () => 'fine' });
    const second = new InMemorySpanExporter();
    trace.disable();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(second)] }));
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(second.getFinishedSpans().map(({ name }) => name)).toEqual(['chat primary', 'chat TEXT_SMALL']);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('gets its spans, each ended, when its meter throws', async () => {
    const { runtime } = await start({
      TEXT_SMALL: async () => 'fine',
      TEXT_LARGE: () => Promise.reject(statusError(503)),
    });
    metrics.setGlobalMeterProvider(
      meterProvider(() => {
        throw new Error('The meter is broken');
      }),
    );
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
    expect(named('chat TEXT_LARGE')).toHaveLength(1);
    expect(named('chat primary')).toHaveLength(1);
    expect(named('chat elizanet-fallback')).toHaveLength(1);
  });

  it('hears of no rejection when its tracer provider throws', async () => {
    let asked = 0;
    trace.setGlobalTracerProvider({
      getTracer: () => {
        asked++;
        throw new Error('The tracer is broken');
      },
    });
    const rejections: unknown[] = [];
    const listen = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', listen);
    const sink = createTelemetrySink();
    const call = { id: 'id', modelType: 'TEXT_LARGE', endedAt: 0, durationMs: 0, answered: true, attempts: [] };
    await until(
      async () => {
        try {
          sink({ type: 'call_ended', call });
        } catch {
          // As the observer does.
        }
        return asked;
      },
      (count) => count > 0,
    );
    expect(asked).toBeGreaterThan(0);
    // Node tells of a rejection after the microtasks of its turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(rejections).toEqual([]);
  });
});

it('loads OpenTelemetry only when the host has registered it, and works without', async () => {
  const { files, packages } = importGraph(new URL('../../src/index.ts', import.meta.url));
  expect(packages).not.toContain('@opentelemetry/api');
  expect(files.some((file) => file.endsWith('telemetry-sink.ts'))).toBe(true);
  guarded = await createGuarded({ plugins: [primary({ TEXT_SMALL: async () => 'fine' })] });
  await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
  expect(exporter.getFinishedSpans()).toEqual([]);
});
