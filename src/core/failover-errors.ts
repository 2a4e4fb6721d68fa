import { describeDuration } from './describe-duration.js';
import { ElizaNetError, type ElizaNetErrorDetails, isElizaNetError } from './elizanet-error.js';
import { ProviderTimeoutError, type RequestPhase } from './errors.js';
import type { Failure, Silence } from './failure-rules.js';
import { displayName, PROVIDER_NAME } from './provider-name.js';

/** The errors that failing over makes, of any provider; those of ElizaNet's own client are in `errors.ts`. */

/** A stream ended, or broke, before its first text; or a native call was answered with neither text nor tool calls. */
export class NoOutputError extends ElizaNetError {
  override readonly name = 'NoOutputError';
  /** @param what the provider did, for the message. */
  constructor(provider: string, details: ElizaNetErrorDetails = {}, what = 'ended its stream without any text') {
    super('NO_OUTPUT', 'no_output', `${provider} ${what}`, details);
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
  const message = `${provider} gave ${what} within ${timeoutMs} ms (ELIZANET_PRIMARY_${phase === 'body' ? 'IDLE_' : ''}TIMEOUT)`;
  return new ProviderTimeoutError('PROVIDER_TIMEOUT', message, timeoutMs, phase);
}

/** A provider returned something in place of an answer: an apology, `{}`, a placeholder vector. */
export class DisguisedFailureError extends ElizaNetError {
  override readonly name = 'DisguisedFailureError';
  constructor(provider: string, what: string) {
    super('DISGUISED_FAILURE', 'disguised', `${provider} returned ${what} in place of an answer`);
  }
}

/** One attempt of a call, as the ledger and `AllProvidersFailedError` show it. */
export interface AttemptRecord {
  /** 1 for the first attempt of the call; 0 for a provider that was skipped. */
  attempt: number;
  provider: string;
  /** The type that was asked of the provider. */
  modelType: string;
  /** `abandoned`: another provider answered first, or the user stopped waiting. */
  outcome: 'answered' | 'failed' | 'abandoned' | 'skipped';
  /** Set for one of this plugin's own endpoints. */
  own?: true;
  /** Why it was skipped; absent for an open circuit. */
  reason?: string;
  /** When it was started, since the first attempt of the call. */
  startedAfterMs: number;
  durationMs: number;
  /** Time to its first failing response, when its provider went on retrying. */
  failingAfterMs?: number;
  /** Time to the first text; only for a stream. */
  firstOutputMs?: number;
  /** It tested whether a failed provider is back. */
  probe?: true;
  /** It was started because an earlier one was silent, not because that one had failed. */
  hedge?: true;
  failure?: Failure;
  /** Set when the next provider was started because nothing came. */
  silence?: Silence;
}

/** A provider's error in one call. */
export interface ProviderError {
  provider: string;
  error: unknown;
}

/**
 * Every provider that could be asked failed. `cause`, `kind`, `statusCode`, `requestId` and `retryAfterMs` are those of the
 * first primary that was asked; ElizaNet's only when no primary was. `attempts` lists what was tried.
 */
export class AllProvidersFailedError extends ElizaNetError {
  override readonly name = 'AllProvidersFailedError';
  declare readonly code: 'ALL_PROVIDERS_FAILED';
  /** All errors, in the order in which they came. Not enumerable, as in an `AggregateError`: providers' errors hold prompts. */
  declare readonly errors: readonly unknown[];

  constructor(
    modelType: string,
    failed: readonly ProviderError[],
    readonly attempts: readonly AttemptRecord[],
  ) {
    const failures = attempts.filter(({ failure }) => failure);
    const first = failures.find(({ own, provider }) => !own && provider !== PROVIDER_NAME) ?? failures[0];
    const { error: cause } = failed.find(({ provider }) => provider === first?.provider) ?? failed[0] ?? {};
    const { kind = 'unknown', statusCode, requestId, retryAfterMs } = first?.failure ?? {};
    const message = `No provider could answer ${modelType}: ${describeAttempts(attempts)}`;
    super('ALL_PROVIDERS_FAILED', kind, message, { cause, statusCode, requestId, retryAfterMs });
    Object.defineProperty(this, 'errors', { value: failed.map(({ error }) => error), enumerable: false });
  }

  /** The same as `cause`, under the name that AI SDKs give it. */
  get lastError(): unknown {
    return this.cause;
  }
}

/** `no output for 9.1 s, usually 2.4 s` */
export function describeSilence({ ms, usualMs }: Silence): string {
  const usual = usualMs === undefined ? '' : `, usually ${describeDuration(usualMs)}`;
  return `no output for ${describeDuration(ms)}${usual}`;
}

/** `openai rate_limit 429 6.1 s → elizanet-fallback answered 310 ms`: the attempts of one call in a line. */
export function describeAttempts(attempts: readonly AttemptRecord[]): string {
  const winner = attempts.find(({ outcome }) => outcome === 'answered')?.provider;
  const meaning = {
    answered: 'answered',
    failed: 'failed',
    abandoned: winner ? `slower than ${displayName(winner)}` : 'given up',
    skipped: 'circuit open',
  };
  const describe = (attempt: AttemptRecord) => {
    const { provider, outcome, reason, failure, durationMs } = attempt;
    // One that was silent for long can fail in another way afterwards.
    const silence = failure ? failure.silence : attempt.silence;
    if (silence) return `${provider} ${describeSilence(silence)}`;
    const detail = failure ? [failure.kind, failure.statusCode ?? failure.code] : [reason ?? meaning[outcome]];
    const took = outcome === 'skipped' ? undefined : describeDuration(durationMs);
    return [provider, ...detail, took].filter((part) => part !== undefined).join(' ');
  };
  return attempts.map(describe).join(' → ');
}
