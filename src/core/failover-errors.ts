import {
  BRAND,
  ElizaNetError,
  type ElizaNetErrorDetails,
  isElizaNetError,
  ProviderTimeoutError,
  type RequestPhase,
} from './errors.js';
import type { Failure, FailureKind } from './failure-rules.js';

/** The errors that failing over makes, of any provider; those of ElizaNet's own client are in `errors.ts`. */

/** A stream ended, or broke, before its first text. */
export class NoOutputError extends ElizaNetError {
  override readonly name = 'NoOutputError';
  constructor(provider: string, details: ElizaNetErrorDetails = {}) {
    super('NO_OUTPUT', 'no_output', `${provider} ended its stream without any text`, details);
  }
}

/** A stream broke after its first text; `cause` says how. `partialText` is what had arrived; it is not enumerable, so loggers skip it. */
export class StreamInterruptedError extends ElizaNetError {
  override readonly name = 'StreamInterruptedError';
  declare readonly partialText: string;
  constructor(provider: string, partialText: string, cause: unknown) {
    const { statusCode, requestId, model } = isElizaNetError(cause) ? cause : ({} as ElizaNetErrorDetails);
    super('STREAM_INTERRUPTED', 'interrupted', `${provider}'s stream was cut before its end`, {
      cause,
      statusCode,
      requestId,
      model,
    });
    Object.defineProperty(this, 'partialText', { value: partialText, enumerable: false });
  }
}

/**
 * The error of a primary that gave no output within `timeoutMs`.
 * @param phase `response` before its first output, `body` between two chunks of a stream.
 */
export function primaryTimeout(provider: string, timeoutMs: number, phase: RequestPhase): ProviderTimeoutError {
  const what = phase === 'body' ? 'no further chunk' : 'no output';
  const message = `${provider} gave ${what} within ${timeoutMs} ms (ELIZANET_PRIMARY_TIMEOUT)`;
  return new ProviderTimeoutError('PROVIDER_TIMEOUT', message, timeoutMs, phase);
}

/** A provider returned something in place of an answer: an apology, `{}`, a made-up vector. */
export class DisguisedFailureError extends ElizaNetError {
  override readonly name = 'DisguisedFailureError';
  constructor(provider: string, what: string) {
    super('DISGUISED_FAILURE', 'disguised', `${provider} returned ${what} in place of an answer`);
  }
}

/** One attempt of a call, as the ledger and `AllProvidersFailedError` show it. */
export interface AttemptRecord {
  /** 1 for the first attempt of the call; 0 for a provider that was skipped because its breaker is open. */
  attempt: number;
  provider: string;
  /** The type that was asked of the provider. */
  modelType: string;
  /** `abandoned`: another provider answered first, or the user stopped waiting. */
  outcome: 'answered' | 'failed' | 'abandoned' | 'skipped';
  durationMs: number;
  failure?: Failure;
}

/** Every provider that could be asked failed. `cause` is the first provider's error, `attempts` what was tried. */
export class AllProvidersFailedError extends AggregateError {
  override readonly name = 'AllProvidersFailedError';
  readonly code = 'ALL_PROVIDERS_FAILED';
  readonly kind: FailureKind;
  readonly statusCode?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;

  constructor(
    modelType: string,
    errors: readonly unknown[],
    readonly attempts: readonly AttemptRecord[],
  ) {
    const first = attempts.find((attempt) => attempt.failure)?.failure;
    super(errors, `No provider could answer ${modelType}: ${attempts.map(describeAttempt).join(' → ')}`, {
      cause: errors[0],
    });
    Object.defineProperty(this, BRAND, { value: true });
    this.kind = first?.kind ?? 'unknown';
    this.statusCode = first?.statusCode;
    this.requestId = first?.requestId;
    this.retryAfterMs = first?.retryAfterMs;
  }
}

/** `openai rate_limit 429 6.1 s`: one attempt in a log line. */
export function describeAttempt({ provider, failure, durationMs, outcome }: AttemptRecord): string {
  if (outcome === 'skipped') return `${provider} skipped`;
  const took = durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
  const detail = failure ? [failure.kind, failure.statusCode ?? failure.code] : [outcome];
  return [provider, ...detail, took].filter((part) => part !== undefined).join(' ');
}
