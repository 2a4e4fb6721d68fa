import {
  type Attributes,
  context,
  type Histogram,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { setBounded } from '../../core/bounded-map.js';
import type { AttemptRecord } from '../../core/failover-errors.js';
import { PROVIDER_NAME } from '../../core/provider-name.js';
import type { CallRecord } from '../call-record.js';
import { METRICS } from '../metrics/definitions.js';
import { modelTypeLabel } from '../metrics/labels.js';
import type { Observation, ObservationSink } from '../observer.js';

/** Those that the conventions name: powers of four. */
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** Requests whose call has not ended yet. */
const MAX_KEPT = 1_000;

interface Instruments {
  provider: MeterProvider;
  duration: Histogram;
  usage: Histogram;
}

type Completed = Extract<Observation, { type: 'operation_completed' }>;

/**
 * Records each call as a span with one span per attempt under it, when it has ended, and durations and tokens as metrics.
 * The names are those of OpenTelemetry's conventions for generative AI.
 */
export function recordTelemetry(): ObservationSink {
  let instruments: Instruments | undefined;
  // A host may register its meters after its tracers, or both anew. Meters and tracers stay those of their provider.
  const current = (): Instruments => {
    const provider = metrics.getMeterProvider();
    if (instruments?.provider !== provider) instruments = createInstruments(provider);
    return instruments;
  };
  const requests = new Map<string, Completed>();

  /** The request of an attempt at ElizaNet that was completed. */
  const requestOf = ({ id }: CallRecord, { provider }: AttemptRecord): Completed | undefined => {
    const request = requests.get(id);
    return request?.provider === provider ? request : undefined;
  };

  const recordAttempt = (tracer: Tracer, call: CallRecord, parent: Span, startedAt: number, attempt: AttemptRecord) => {
    const { outcome, provider, failure, durationMs } = attempt;
    if (outcome === 'skipped') {
      const why = attempt.reason === undefined ? 'circuit open' : 'passed over';
      return void parent.addEvent(why, { 'gen_ai.provider.name': provider }, startedAt);
    }
    const attributes = attemptAttributes(attempt);
    const own = requestOf(call, attempt);
    const from = startedAt + attempt.startedAfterMs;
    const name = `${operationOf(attempt.modelType)} ${provider}`;
    const span = tracer.startSpan(
      name,
      { kind: SpanKind.CLIENT, startTime: from, attributes: { ...attributes, 'elizanet.call.id': call.id } },
      trace.setSpan(context.active(), parent),
    );
    if (failure) span.setStatus({ code: SpanStatusCode.ERROR });
    if (own) span.setAttributes(requestAttributes(own));
    span.end(from + durationMs);
  };

  const recordCall = (call: CallRecord) => {
    const { id, modelType, attempts, answered, aborted, placeholder, unansweredText, endedAt, durationMs } = call;
    const tracer = trace.getTracer(PROVIDER_NAME);
    const startTime = endedAt - durationMs;
    const attributes = {
      'gen_ai.operation.name': operationOf(modelType),
      'elizanet.call.id': id,
      'elizanet.model_type': modelTypeLabel(modelType),
      'elizanet.answered': answered,
    };
    const name = `${operationOf(modelType)} ${modelTypeLabel(modelType)}`;
    const span = tracer.startSpan(name, { startTime, attributes }, context.active());
    if (placeholder) span.addEvent('placeholder vector', endedAt);
    if (unansweredText) span.addEvent('unanswered text', endedAt);
    if (aborted) span.addEvent('aborted by its caller', endedAt);
    if (!answered && !aborted) span.setStatus({ code: SpanStatusCode.ERROR });
    for (const attempt of attempts) recordAttempt(tracer, call, span, startTime, attempt);
    span.end(endedAt);
    // After the spans: a meter that throws does not keep one open.
    const { duration } = current();
    for (const attempt of attempts) {
      if (attempt.outcome === 'skipped') continue;
      const own = requestOf(call, attempt);
      const model = own && { 'gen_ai.request.model': own.model };
      duration.record(attempt.durationMs / 1000, { ...attemptAttributes(attempt), ...model });
    }
    requests.delete(id);
  };

  return (observation) => {
    if (observation.type === 'call_ended') return recordCall(observation.call);
    if (observation.type !== 'operation_completed') return;
    const { callId, provider, tokens, model, modelType } = observation;
    if (callId) setBounded(requests, callId, observation, MAX_KEPT);
    if (!tokens) return;
    const attributes = {
      'gen_ai.operation.name': operationOf(modelType),
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': model,
    };
    const { usage } = current();
    usage.record(tokens.prompt, { ...attributes, 'gen_ai.token.type': 'input' });
    // An embedding has no output.
    if (modelType !== 'TEXT_EMBEDDING')
      usage.record(tokens.completion, { ...attributes, 'gen_ai.token.type': 'output' });
  };
}

function createInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(PROVIDER_NAME);
  const { buckets } = METRICS.attempt_duration_seconds;
  const duration = meter.createHistogram('gen_ai.client.operation.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [...buckets] },
  });
  const usage = meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    advice: { explicitBucketBoundaries: TOKEN_BUCKETS },
  });
  return { provider, duration, usage };
}

function attemptAttributes({ provider, modelType, outcome, failure, probe, hedge }: AttemptRecord): Attributes {
  return {
    'gen_ai.operation.name': operationOf(modelType),
    'gen_ai.provider.name': provider,
    'elizanet.model_type': modelTypeLabel(modelType),
    'elizanet.outcome': outcome,
    ...(probe && { 'elizanet.probe': true }),
    ...(hedge && { 'elizanet.hedge': true }),
    ...(failure && { 'error.type': failure.kind }),
    ...(failure?.statusCode !== undefined && { 'http.response.status_code': failure.statusCode }),
  };
}

function requestAttributes({ model, requestId, tokens }: Completed): Attributes {
  return {
    'gen_ai.request.model': model,
    'gen_ai.response.id': requestId,
    ...(tokens && { 'gen_ai.usage.input_tokens': tokens.prompt, 'gen_ai.usage.output_tokens': tokens.completion }),
  };
}

/** Names of the conventions where there is one. */
function operationOf(modelType: string): string {
  if (modelType === 'TEXT_EMBEDDING') return 'embeddings';
  if (modelType.startsWith('TEXT_TOKENIZER_')) return 'tokenize';
  if (/^(TEXT|OBJECT|REASONING|IMAGE_DESCRIPTION)/.test(modelType) && modelType !== 'TEXT_TO_SPEECH') return 'chat';
  return 'generate_content';
}
