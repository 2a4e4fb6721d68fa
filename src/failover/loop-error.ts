import { read, safely } from '../core/classify/foreign.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import type { Attempt } from './attempt.js';
import type { Target } from './target.js';

/**
 * Tells a core that fails over itself to ask its next registration: core knows that by the status. The call itself gets
 * the error in `cause`.
 */
class LoopError extends Error {
  override readonly name = 'ProviderFailure';
  constructor(
    message: string,
    readonly statusCode: number | undefined,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The error of a target that is not asked. */
export function openCircuit({ provider }: Target): Error {
  return new LoopError(`${provider} is not asked: its circuit is open`, 503);
}

/**
 * What core is told of an attempt's error. Its provider's own error is left to core's rules. Those that this plugin makes
 * (nothing in time, an apology, an empty answer) are an outage to core, unless they are not to fail over.
 */
export function asLoopError(error: unknown, { target, failure }: Attempt, verdict: object | undefined): unknown {
  const message = read(error, 'message');
  const isError = typeof message === 'string';
  if (target.own || (isError && (verdict || !safely(() => isElizaNetError(error))))) return error;
  const { kind, statusCode } = failure?.failure ?? {};
  if (!isError) return new LoopError('The provider threw something other than an error', statusCode, error);
  return new LoopError(message, kind === 'rate_limit' ? 429 : 503, error);
}
