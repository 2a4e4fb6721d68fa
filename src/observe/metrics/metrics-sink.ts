import type { BreakerStateName } from '../../core/circuit-breaker.js';
import type { AttemptRecord } from '../../core/failover-errors.js';
import { type CallRecord, hasFailedOver } from '../call-record.js';
import type { CircuitChange, ObservationSink, TokenCounts } from '../observer.js';
import { modelTypeLabel, ProviderLabels } from './labels.js';
import type { Tally } from './tally.js';

const STATES: readonly BreakerStateName[] = ['closed', 'open', 'half-open'];

/**
 * Counts observations.
 * @param own the routes to the plugin's own endpoints.
 */
export function createMetricsSink(tally: Tally, own: readonly string[]): ObservationSink {
  const counter = new Counter(tally, own);
  return (observation) => {
    switch (observation.type) {
      case 'call_ended':
        return counter.callEnded(observation.call);
      case 'circuit_changed':
        return counter.circuitChanged(observation);
      case 'operation_started':
        return tally.add('requests_in_flight', [observation.provider]);
      case 'operation_completed': {
        const { provider, modelType, tokens } = observation;
        counter.requestEnded(provider, modelType, 'completed');
        return tokens && counter.tokens(provider, modelType, tokens);
      }
      case 'operation_failed':
        return counter.requestEnded(observation.provider, observation.modelType, 'failed');
      case 'operation_cancelled':
        return counter.requestEnded(observation.provider, observation.modelType, 'cancelled');
      case 'comparison_completed': {
        const { provider, tokens } = observation;
        return tokens && counter.tokens(provider, 'TEXT_EMBEDDING', tokens);
      }
      case 'answered_from_cache':
        return tally.add('cache_hits_total', [observation.provider, modelTypeLabel(observation.modelType)]);
      case 'batch_sent':
        return tally.observe('embedding_batch_size', [], observation.texts);
      case 'retry_refused':
        return tally.add('retries_refused_total', [observation.provider]);
      case 'cost_reported':
        return tally.add('cost_usd_total', [observation.provider], observation.usd);
      case 'placeholder_served':
        return tally.add('placeholders_total', []);
    }
  };
}

class Counter {
  readonly #providers: ProviderLabels;
  /** By provider and model type; `undefined` for the circuit of a whole provider. */
  readonly #circuits = new Map<string, Map<string | undefined, BreakerStateName>>();

  constructor(
    private readonly tally: Tally,
    own: readonly string[],
  ) {
    this.#providers = new ProviderLabels(own);
  }

  callEnded(call: CallRecord): void {
    const { attempts } = call;
    const winner = attempts.find(({ outcome }) => outcome === 'answered');
    const target = winner && call.answered ? this.#providers.of(winner.provider) : 'none';
    this.tally.add('calls_total', [modelTypeLabel(call.modelType), target, outcomeOf(call)]);
    const [first] = attempts;
    if (first && hasFailedOver(call)) {
      this.tally.add('failovers_total', [this.#providers.of(first.provider), whyNot(first)]);
    }
    for (const [index, attempt] of attempts.entries()) {
      const next = attempts.find(({ outcome }, at) => at > index && outcome !== 'skipped');
      this.#attempt(attempt, next);
    }
  }

  /** Circuits can share their labels, so that a series counts those in its state. */
  circuitChanged({ provider, modelType, state: current }: CircuitChange): void {
    const ofProvider = this.#circuits.get(provider) ?? new Map<string | undefined, BreakerStateName>();
    this.#circuits.set(provider, ofProvider);
    const earlier = ofProvider.get(modelType);
    ofProvider.set(modelType, current);
    const type = modelType === undefined ? 'all' : modelTypeLabel(modelType);
    for (const state of STATES) {
      const change = Number(state === current) - Number(state === earlier);
      this.tally.add('circuit_state', [this.#providers.of(provider), type, state], change);
    }
  }

  requestEnded(provider: string, modelType: string, outcome: string): void {
    this.tally.add('requests_in_flight', [provider], -1);
    this.tally.add('requests_total', [provider, modelTypeLabel(modelType), outcome]);
  }

  tokens(provider: string, modelType: string, { prompt, completion }: TokenCounts): void {
    const type = modelTypeLabel(modelType);
    this.tally.add('tokens_total', [provider, type, 'input'], prompt);
    this.tally.add('tokens_total', [provider, type, 'output'], completion);
  }

  /** @param next the next one that was asked. */
  #attempt(attempt: AttemptRecord, next: AttemptRecord | undefined): void {
    const { outcome, failure, durationMs, firstOutputMs } = attempt;
    const provider = this.#providers.of(attempt.provider);
    const modelType = modelTypeLabel(attempt.modelType);
    if (outcome === 'skipped') return this.tally.add('skips_total', [provider, modelType]);
    this.tally.observe('attempt_duration_seconds', [provider, modelType, outcome], durationMs / 1000);
    if (firstOutputMs !== undefined) {
      this.tally.observe('time_to_first_chunk_seconds', [provider, modelType], firstOutputMs / 1000);
    }
    if (attempt.probe) this.tally.add('probes_total', [provider, outcome]);
    if (attempt.hedge) this.tally.add('hedges_total', [provider, outcome]);
    if (!failure) return;
    this.tally.add('failures_total', [provider, failure.kind]);
    // A hedge was started because this provider was silent, not because it had failed.
    if (next && !next.hedge) {
      const failedAfterMs = attempt.startedAfterMs + (attempt.failingAfterMs ?? durationMs);
      const delayMs = Math.max(0, next.startedAfterMs - failedAfterMs);
      this.tally.observe('failover_delay_seconds', [provider], delayMs / 1000);
    }
  }
}

function outcomeOf(call: CallRecord): string {
  const { answered, placeholder, unansweredText, aborted } = call;
  if (aborted) return 'aborted';
  if (placeholder) return 'placeholder';
  if (unansweredText) return 'unanswered_text';
  if (!answered) return 'unanswered';
  return hasFailedOver(call) ? 'failed_over' : 'answered';
}

function whyNot({ failure, outcome, reason }: AttemptRecord): string {
  if (failure) return failure.kind;
  if (outcome !== 'skipped') return 'slow';
  return reason === undefined ? 'circuit_open' : 'passed_over';
}
