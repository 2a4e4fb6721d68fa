import { describeAttempt } from '../core/failover-errors.js';
import { FAILURE_RULES } from '../core/failure-rules.js';
import { type CallRecord, isRoutine } from './call-record.js';
import type { Log } from './log.js';
import type { Observation, ObservationSink } from './observer.js';

/** Writes observations as log lines. */
export function createLogSink(log: Log, endpoint: { baseUrl: string; hasApiKey: boolean }): ObservationSink {
  return (observation) => {
    switch (observation.type) {
      case 'call_ended':
        return logCall(log, observation.call);
      case 'circuit_changed':
        return logCircuit(log, observation);
      case 'operation_started': {
        const { modelType, model, timeoutMs } = observation;
        return log.debug(`${modelType} request`, { ...endpoint, timeout: timeoutMs, model });
      }
      case 'operation_completed': {
        const { modelType, durationMs, requestId, tokens } = observation;
        return log.info(`${modelType} completed`, { duration: durationMs, requestId, tokenUsage: tokens });
      }
      case 'operation_failed': {
        const { modelType, message, failure } = observation;
        const { statusCode, requestId, kind } = failure;
        const retryable = FAILURE_RULES[kind].failsOver === 'yes';
        return log.error(`${modelType} failed`, { error: message, statusCode, requestId, retryable });
      }
      case 'operation_cancelled':
        return log.debug(`${observation.modelType} cancelled`, { duration: observation.durationMs });
      case 'answered_from_cache':
        return log.debug(`${observation.modelType} answered from the cache`, { model: observation.model });
      case 'cache_store_failed':
        return log.warnOnce("the agent's database does not keep cached answers; only the memory cache is used");
      case 'placeholder_served':
        return log.warn(
          `${observation.modelType}: no provider could embed, a placeholder vector is served; set ELIZANET_EMBEDDING_ON_ERROR=throw to get an error instead`,
          { reason: observation.reason },
        );
      case 'answer_cut': {
        const limit = observation.by === 'length' ? 'at the token limit' : 'by a content filter';
        return log.warn(`${observation.modelType} was cut ${limit}`, { requestId: observation.requestId });
      }
      case 'dialect_learned': {
        const { model, refused, requestId } = observation;
        return log.warn(`${model} does not support ${refused.join(', ')}: omitted from further requests`, {
          requestId,
        });
      }
      case 'endpoint_upgraded':
        return log.info(
          'redirects to https and is asked there from now on; set ELIZANET_BASE_URL to the https address',
        );
    }
  };
}

function logCall(log: Log, call: CallRecord): void {
  if (isRoutine(call) || call.placeholder) return;
  const route = call.attempts.map(describeAttempt).join(' → ');
  if (call.answered) log.warn(`${call.modelType} failed over: ${route}`);
  else log.error(`${call.modelType} could not be answered: ${route}`);
}

function logCircuit(log: Log, observation: Extract<Observation, { type: 'circuit_changed' }>): void {
  const { provider, modelType, state, retryAfterMs } = observation;
  const what = modelType ? `${provider} ${modelType}` : provider;
  if (state === 'half-open') return log.debug(`circuit half-open for ${what}, probing`);
  if (state === 'closed') return log.info(`circuit closed for ${what}: recovered`);
  const probe = retryAfterMs === undefined ? '' : `, next probe in ${Math.ceil(retryAfterMs / 1000)} s`;
  log.warn(`circuit open for ${what}${probe}`);
}
