import { EventType, type IAgentRuntime } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { Usage } from '../openai/schemas.js';

/** Events of our own, beside core's MODEL_USED. Payloads hold no prompt, answer or key. */
export const ElizaNetEvent = {
  /** A call was not answered by its first provider. Payload: a `CallRecord`. */
  FAILED_OVER: 'ELIZANET_FAILED_OVER',
  /** No provider could answer a call. Payload: a `CallRecord`. */
  UNANSWERED: 'ELIZANET_UNANSWERED',
  /** A stand-in vector was served in place of an embedding. Payload: `{ modelType, reason }`. */
  STAND_IN_SERVED: 'ELIZANET_STAND_IN_SERVED',
  /** A breaker changed. Payload: `{ provider, modelType, state }`. */
  BREAKER_CHANGED: 'ELIZANET_BREAKER_CHANGED',
} as const;

/** Tells core's monitoring what a call cost. The prompt itself stays here: events say how long it was. */
export function emitModelUsed(runtime: IAgentRuntime, modelType: string, promptLength: number, usage: Usage): void {
  emit(runtime, EventType.MODEL_USED, {
    provider: PROVIDER_NAME,
    type: modelType,
    prompt: `[${promptLength} characters]`,
    tokens: { prompt: usage.prompt_tokens, completion: usage.completion_tokens, total: usage.total_tokens },
  });
}

/** Emits without waiting: a listener that fails is not the call's problem. */
export function emit(runtime: IAgentRuntime, event: string, payload: object): void {
  const send = async () =>
    (runtime.emitEvent as (event: string, payload: object) => Promise<void>).call(runtime, event, {
      runtime,
      source: PROVIDER_NAME,
      ...payload,
    });
  send().catch(() => {});
}
