import { type EventPayload, EventType, type IAgentRuntime } from '@elizaos/core';
import type { BreakerStateName } from '../core/circuit-breaker.js';
import type { FailureKind } from '../core/failure-rules.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { type CallRecord, hasFailedOver, isPassedDrill, isRoutine } from './call-record.js';
import type { OutageNotice } from './notices.js';
import type { Observation, ObservationSink, TokenCounts } from './observer.js';

/** Events of the plugin, beside core's MODEL_USED. Payloads hold no prompt, answer or key. */
export const ElizaNetEvent = {
  /** A call was not answered by its first provider. Payload: a `CallRecord`. */
  FAILED_OVER: 'ELIZANET_FAILED_OVER',
  /** No provider could answer a call, also where the caller got `ELIZANET_UNANSWERED_TEXT`. Not for a call that its caller aborted. Payload: a `CallRecord`. */
  UNANSWERED: 'ELIZANET_UNANSWERED',
  /** A placeholder vector was served in place of an embedding. Payload: a `PlaceholderServed`. */
  STAND_IN_SERVED: 'ELIZANET_STAND_IN_SERVED',
  /** A circuit changed. Payload: a `BreakerChanged`. */
  BREAKER_CHANGED: 'ELIZANET_BREAKER_CHANGED',
  /** With `ELIZANET_NOTIFY=event`: an outage begins or has ended. For an operator, not for a chat. Payload: an `OutageNotice`. */
  OUTAGE_NOTICE: 'ELIZANET_OUTAGE_NOTICE',
  /** A limit of the settings is reached, and an endpoint is not asked for now. Payload: a `BudgetReached`. */
  BUDGET_REACHED: 'ELIZANET_BUDGET_REACHED',
  /** A check found an endpoint failing, or healthy again. Payload: an `EndpointHealthChanged`. */
  ENDPOINT_HEALTH_CHANGED: 'ELIZANET_ENDPOINT_HEALTH_CHANGED',
} as const;

/** Payload of `ELIZANET_STAND_IN_SERVED`. */
export interface PlaceholderServed {
  modelType: string;
  /** The failure of the last provider that was asked. */
  reason: FailureKind;
}

/** Payload of `ELIZANET_BREAKER_CHANGED`. */
export interface BreakerChanged {
  provider: string;
  /** Undefined when the circuit of the whole provider is meant. */
  modelType: string | undefined;
  state: BreakerStateName;
  /** Time until the next probe, in milliseconds; only for `open`. */
  retryAfterMs?: number;
  /** The failure that opened it; only for `open`, and undefined when another process reported it. */
  reason?: FailureKind;
  /** HTTP status of that failure, when there was one. */
  statusCode?: number;
}

/** Payload of `ELIZANET_BUDGET_REACHED`. */
export interface BudgetReached {
  /** The endpoint, such as `elizanet-fallback-2`. */
  provider: string;
  /** In words, such as `100 calls per hour`. */
  limit: string;
}

/** Payload of `ELIZANET_ENDPOINT_HEALTH_CHANGED`. */
export interface EndpointHealthChanged {
  /** The endpoint, such as `elizanet-fallback-2`. */
  provider: string;
  healthy: boolean;
  /** What is wrong. */
  reason?: FailureKind;
  /** HTTP status of the check, when there was one. */
  statusCode?: number;
}

/** The payloads by event. Each also has core's `runtime` and `source`. */
export interface ElizaNetEventPayloads {
  ELIZANET_FAILED_OVER: CallRecord;
  ELIZANET_UNANSWERED: CallRecord;
  ELIZANET_STAND_IN_SERVED: PlaceholderServed;
  ELIZANET_BREAKER_CHANGED: BreakerChanged;
  ELIZANET_OUTAGE_NOTICE: OutageNotice;
  ELIZANET_BUDGET_REACHED: BudgetReached;
  ELIZANET_ENDPOINT_HEALTH_CHANGED: EndpointHealthChanged;
}

export type ElizaNetEventName = keyof ElizaNetEventPayloads;

/**
 * Listens to an event of the plugin: `runtime.registerEvent` with the payload's type.
 * @param handler what it throws is ignored.
 */
export function onElizaNetEvent<Name extends ElizaNetEventName>(
  runtime: IAgentRuntime,
  event: Name,
  handler: (payload: ElizaNetEventPayloads[Name] & EventPayload) => void | Promise<void>,
): void {
  const listener = async (payload: ElizaNetEventPayloads[Name] & EventPayload) => handler(payload);
  runtime.registerEvent(event as string, listener);
}

interface Used {
  /** Of the route. */
  provider: string;
  model: string;
  promptLength: number;
  tokens?: TokenCounts;
}

/**
 * Emits the plugin's events, and core's MODEL_USED for every answer whose tokens were counted.
 * @param endpointOf names the endpoint of a route.
 */
export function createEventSink(runtime: IAgentRuntime, endpointOf: (route: string) => string): ObservationSink {
  const emitOwn = <Name extends ElizaNetEventName>(event: Name, payload: ElizaNetEventPayloads[Name]) =>
    emit(runtime, event, payload);
  const modelUsed = (type: string, { model, provider, promptLength, tokens }: Used) =>
    tokens &&
    // The prompt itself is not part of it, only its length.
    emit(runtime, EventType.MODEL_USED, {
      provider: PROVIDER_NAME,
      // Not a field of core's: who pays for several endpoints needs it.
      endpoint: endpointOf(provider),
      type,
      // core 2.x reads these three: the id that was asked for, twice, and the model type.
      model,
      modelName: model,
      modelLabel: type,
      prompt: `[${promptLength} characters]`,
      tokens,
    });
  return (observation: Observation) => {
    switch (observation.type) {
      case 'call_ended': {
        const { call } = observation;
        if (isRoutine(call) || call.placeholder || call.aborted || isPassedDrill(call)) return;
        if (hasFailedOver(call)) return emitOwn(ElizaNetEvent.FAILED_OVER, call);
        return call.answered ? undefined : emitOwn(ElizaNetEvent.UNANSWERED, call);
      }
      case 'circuit_changed': {
        const { provider, modelType, state, retryAfterMs, reason, failure } = observation;
        const details = { retryAfterMs, reason, statusCode: failure?.statusCode };
        return emitOwn(ElizaNetEvent.BREAKER_CHANGED, { provider, modelType, state, ...details });
      }
      case 'placeholder_served': {
        const { modelType, reason } = observation;
        return emitOwn(ElizaNetEvent.STAND_IN_SERVED, { modelType, reason });
      }
      case 'endpoint_health_changed': {
        const { provider, healthy, failure } = observation;
        const details = { reason: failure?.kind, statusCode: failure?.statusCode };
        return emitOwn(ElizaNetEvent.ENDPOINT_HEALTH_CHANGED, { provider, healthy, ...details });
      }
      case 'budget_reached': {
        const { provider, limit } = observation;
        return emitOwn(ElizaNetEvent.BUDGET_REACHED, { provider, limit });
      }
      case 'operation_completed':
        return modelUsed(observation.modelType, observation);
      case 'comparison_completed':
        return modelUsed('TEXT_EMBEDDING', observation);
    }
  };
}

/** Emits notices of outages. */
export function emitNotice(runtime: IAgentRuntime, notice: OutageNotice): void {
  emit(runtime, ElizaNetEvent.OUTAGE_NOTICE, notice);
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
