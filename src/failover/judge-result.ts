import { findDisguise } from '../core/disguised-failure.js';
import { DisguisedFailureError, NoOutputError } from '../core/failover-errors.js';
import { hasNoOutput, isNativeAnswer } from '../core/native-answer.js';
import { isTextType } from './core-compat.js';

export interface JudgedCall {
  provider: string;
  modelType: string;
  params: unknown;
  /** core throws a TypeError of its own for a text that is neither a string nor a native result. */
  needsText: boolean;
}

/** @param check the name of the agent's check that does not accept the result. */
export function refusedBy(provider: string, check: string): Error {
  return new DisguisedFailureError(provider, `what "${check}" refuses`);
}

/** The failure that a provider's result is, although the provider returned it; undefined for an answer. */
export function failureIn({ provider, modelType, params, needsText }: JudgedCall, result: unknown): Error | undefined {
  const disguise = findDisguise(provider, modelType, params, result);
  if (disguise) return new DisguisedFailureError(provider, disguise);
  if (typeof result === 'string' || !isTextType(modelType)) return undefined;
  if (hasNoOutput(result)) return new NoOutputError(provider, {}, 'answered without text or tool calls');
  if (needsText && !isNativeAnswer(result)) return new DisguisedFailureError(provider, 'something other than a text');
  return undefined;
}
