import { describeAttempts } from '../core/failover-errors.js';
import { FAILURE_RULES } from '../core/failure-rules.js';
import { displayName } from '../core/provider-name.js';
import { type CallRecord, hasFailedOver, isPassedDrill, isRoutine } from './call-record.js';
import type { Log } from './log.js';
import type { Observation, ObservationSink } from './observer.js';
import { describeCause, OutageLog, type OutageLogDeps } from './outage-log.js';

/** Writes observations as log lines. */
export function createLogSink(
  log: Log,
  endpointOf: (provider: string) => { baseUrl?: string; hasApiKey: boolean },
  deps: OutageLogDeps,
): ObservationSink {
  const outages = new OutageLog(log, deps);
  return (observation) => {
    switch (observation.type) {
      case 'started':
        return logStart(log, observation);
      case 'call_ended':
        logCall(log, observation.call);
        return outages.callEnded(observation.call);
      case 'circuit_changed':
        return outages.circuitChanged(observation);
      case 'operation_started': {
        const { provider, modelType, model, callId, timeoutMs } = observation;
        return log.write('operation_started', { modelType, model, callId, timeoutMs, ...endpointOf(provider) });
      }
      case 'operation_completed': {
        const { modelType, model, callId, durationMs, requestId, tokens } = observation;
        return log.write('operation_completed', { modelType, model, callId, durationMs, requestId, tokens });
      }
      case 'operation_failed': {
        const { provider, modelType, model, callId, durationMs, message, failure } = observation;
        const { kind, statusCode, requestId } = failure;
        const retryable = FAILURE_RULES[kind].failsOver === 'yes';
        outages.ownRequestFailed(provider, modelType, kind, message);
        const details = { kind, statusCode, callId, requestId, retryable, model, durationMs };
        return log.write('operation_failed', { modelType, error: message, ...details });
      }
      case 'operation_cancelled': {
        const { modelType, callId, durationMs } = observation;
        return log.write('operation_cancelled', { modelType, callId, durationMs });
      }
      case 'answered_from_cache': {
        const { modelType, model } = observation;
        return log.write('answered_from_cache', { modelType, model });
      }
      case 'cache_store_failed':
        return log.writeOnce('cache_store_failed', {});
      case 'placeholder_served': {
        const { modelType, reason } = observation;
        return log.write('placeholder_served', { modelType, reason });
      }
      case 'answer_cut': {
        const { modelType, by, requestId } = observation;
        const limit = by === 'length' ? 'at the token limit' : 'by a content filter';
        return log.write('answer_cut', { modelType, limit, requestId });
      }
      case 'dialect_learned': {
        const { model, refused, requestId } = observation;
        return log.write('dialect_learned', { model, refused: refused.join(', '), requestId });
      }
      case 'endpoint_upgraded':
        return log.write('endpoint_upgraded', { provider: displayName(observation.provider) });
      case 'extension_failed': {
        const { point, extension, fault, onError } = observation;
        const effect = onError === 'fail' ? 'the call fails' : 'it is skipped';
        return log.writeOnce('extension_failed', { point, extension, fault, effect });
      }
      case 'cost_unknown':
        return log.write('cost_unknown', { provider: displayName(observation.provider) });
      case 'endpoint_health_changed': {
        const { healthy, failure } = observation;
        const provider = displayName(observation.provider);
        if (!failure || healthy) return log.write('endpoint_healthy', { provider });
        return log.write('endpoint_unhealthy', { provider, cause: describeCause(failure) });
      }
      case 'provider_isolated':
        return log.write('provider_isolated', { provider: displayName(observation.provider) });
      case 'provider_restored':
        return log.write('provider_restored', { provider: displayName(observation.provider) });
      case 'budget_reached': {
        const { provider, limit } = observation;
        return log.write('budget_reached', { provider: displayName(provider), limit });
      }
    }
  };
}

function logStart(log: Log, observation: Extract<Observation, { type: 'started' }>): void {
  const { enabled, host, isDefaultAddress, modelTypes, settings } = observation;
  if (!enabled) return log.write('switched_off', {});
  const [types, set] = [modelTypes.join(', '), settings.join(', ') || 'nothing'];
  log.write('standing_by', { host, modelTypes: types, settings: set });
  if (isDefaultAddress) log.write('default_address', { host });
}

function logCall(log: Log, call: CallRecord): void {
  const { id: callId, modelType, attempts } = call;
  // A placeholder vector has a line of its own.
  if (isRoutine(call) || call.placeholder) return;
  const line = call.aborted
    ? 'call_aborted'
    : isPassedDrill(call)
      ? 'drill_passed'
      : call.answered
        ? hasFailedOver(call) && 'failed_over'
        : 'unanswered';
  // The first provider was faster than its hedge.
  if (!line) return;
  log.write(line, { modelType, route: describeAttempts(attempts) }, { callId, attempts });
}
