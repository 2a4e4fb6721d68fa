import { EventType, type IAgentRuntime } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { isRoutine } from './call-record.js';
import type { Observation, ObservationSink, TokenCounts } from './observer.js';

/** Events of the plugin, beside core's MODEL_USED. Payloads hold no prompt, answer or key. */
export const ElizaNetEvent = {
  /** A call was not answered by its first provider. Payload: a `CallRecord`. */
  FAILED_OVER: 'ELIZANET_FAILED_OVER',
  /** No provider could answer a call. Payload: a `CallRecord`. */
  UNANSWERED: 'ELIZANET_UNANSWERED',
  /** A placeholder vector was served in place of an embedding. Payload: `{ modelType, reason }`. */
  STAND_IN_SERVED: 'ELIZANET_STAND_IN_SERVED',
  /** A circuit changed. Payload: `{ provider, modelType, state }`. */
  BREAKER_CHANGED: 'ELIZANET_BREAKER_CHANGED',
} as const;

/** Emits the plugin's events, and core's MODEL_USED for every answer whose tokens were counted. */
export function createEventSink(runtime: IAgentRuntime): ObservationSink {
  const modelUsed = (type: string, promptLength: number, tokens: TokenCounts) =>
    // The prompt itself is not part of it, only its length.
    emit(runtime, EventType.MODEL_USED, {
      provider: PROVIDER_NAME,
      type,
      prompt: `[${promptLength} characters]`,
      tokens,
    });
  return (observation: Observation) => {
    switch (observation.type) {
      case 'call_ended': {
        const { call } = observation;
        if (isRoutine(call) || call.placeholder) return;
        return emit(runtime, call.answered ? ElizaNetEvent.FAILED_OVER : ElizaNetEvent.UNANSWERED, call);
      }
      case 'circuit_changed': {
        const { provider, modelType, state } = observation;
        return emit(runtime, ElizaNetEvent.BREAKER_CHANGED, { provider, modelType, state });
      }
      case 'placeholder_served': {
        const { modelType, reason } = observation;
        return emit(runtime, ElizaNetEvent.STAND_IN_SERVED, { modelType, reason });
      }
      case 'operation_completed': {
        const { modelType, promptLength, tokens } = observation;
        return tokens && modelUsed(modelType, promptLength, tokens);
      }
      case 'comparison_completed':
        return observation.tokens && modelUsed('TEXT_EMBEDDING', observation.promptLength, observation.tokens);
    }
  };
}

/** Emits without waiting; a listener that fails does not concern the call. */
function emit(runtime: IAgentRuntime, event: string, payload: object): void {
  const send = async () =>
    (runtime.emitEvent as (event: string, payload: object) => Promise<void>).call(runtime, event, {
      runtime,
      source: PROVIDER_NAME,
      ...payload,
    });
  send().catch(() => {});
}
