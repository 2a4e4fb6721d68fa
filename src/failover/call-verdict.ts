import { classifyFailure } from '../core/classify-failure.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import type { ProviderError } from '../core/failover-errors.js';
import type { Failure } from '../core/failure-rules.js';
import type { Attempt } from './attempt.js';
import type { AttemptLog } from './attempt-log.js';
import type { AttemptSource } from './attempt-source.js';
import type { RaceCall } from './race-call.js';
import { failsOver, failsOverKind, type RaceRules } from './race-rules.js';

/** Notes the errors of one call, and decides which of them end it: those that no other provider would make up for. */
export class CallVerdict {
  #final: { error: unknown } | undefined;
  /** The first primary refused the prompt as too long, and an own endpoint may take it. */
  #tooLong: { error: unknown } | undefined;

  constructor(
    private readonly call: RaceCall,
    private readonly rules: RaceRules,
    private readonly log: AttemptLog,
    private readonly source: AttemptSource,
  ) {}

  /** An error that must not fail over: the call fails with it, unless an attempt under way answers. */
  get final(): { error: unknown } | undefined {
    return this.#final;
  }

  /** The primary's refusal of a prompt that no other provider was asked with after all. */
  get refusal(): { error: unknown } | undefined {
    return this.log.isOwnUnasked ? this.#tooLong : undefined;
  }

  attemptFailed(attempt: Attempt, failure: Failure, error: unknown): void {
    const { target } = attempt;
    this.log.errors.push({ provider: target.provider, error });
    this.#noteSkip(attempt, error);
    // In a drill, the primary is asked after own endpoints.
    const isFirst = this.call.drill ? this.log.isFirstPrimary(attempt) : this.source.isFirst(attempt);
    if (failure.kind === 'context_length' && isFirst && this.#takesPrompt()) this.#tooLong = { error };
    else if (!failsOver(this.rules, this.call.modelType, { target, failure, error, isFirst })) {
      this.#final ??= { error };
    }
  }

  /** An error that is no attempt's: core's own, or that of a wrapper of `useModel`. */
  otherError({ provider, error }: ProviderError): void {
    const { kind } = classifyFailure(error, this.rules.clock.wallNow(), { request: this.call.params });
    if (failsOverKind(this.rules, this.call.modelType, kind)) this.log.errors.push({ provider, error });
    else this.#final ??= { error };
  }

  /** The endpoint was not asked. If only because another one serves the call better, it is asked when no other is left. */
  #noteSkip(attempt: Attempt, error: unknown): void {
    if (!(error instanceof ElizaNetUnavailableError) || error.code !== 'ENDPOINT_SKIPPED') return;
    attempt.skippedFor = error.skippedFor;
    if (error.yields && !attempt.target.forced) this.source.askAgain({ ...attempt.target, forced: true });
  }

  /** An own endpoint is known to take a longer prompt than the primary. */
  #takesPrompt(): boolean {
    const { targets, params } = this.call;
    return targets.some((target) => target.own && this.rules.takesPrompt?.(target, params));
  }
}
