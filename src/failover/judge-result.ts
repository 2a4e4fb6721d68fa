import { findDisguise } from '../core/disguised-failure.js';
import { DisguisedFailureError, NoOutputError } from '../core/failover-errors.js';
import { hasNoOutput } from '../core/native-result.js';
import { isTextType } from './core-compat.js';

/** The failure that a provider's result is, although the provider returned it; undefined for an answer. */
export function failureIn(provider: string, modelType: string, params: unknown, result: unknown): Error | undefined {
  const disguise = findDisguise(provider, modelType, params, result);
  if (disguise) return new DisguisedFailureError(provider, disguise);
  if (!isTextType(modelType) || !hasNoOutput(result)) return undefined;
  return new NoOutputError(provider, {}, 'answered without text or tool calls');
}
