import type { BreakerRegistry } from '../core/breaker-registry.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import { AllProvidersFailedError, type AttemptRecord, type ProviderError } from '../core/failover-errors.js';
import { displayName } from '../core/provider-name.js';
import type { Attempt } from './attempt.js';
import { recordOf, skippedRecord } from './attempt-record.js';
import type { AttemptSource } from './attempt-source.js';
import type { Target } from './target.js';

/** What one call has tried so far, and the errors it has met. */
export class AttemptLog {
  readonly attempts: Attempt[] = [];
  /** In the order in which they came. */
  readonly errors: ProviderError[] = [];

  constructor(
    private readonly modelType: string,
    private readonly targets: readonly Target[],
    private readonly source: Pick<AttemptSource, 'skipped' | 'isEmpty'>,
  ) {}

  get isAnyRunning(): boolean {
    return this.attempts.some(({ isRunning }) => isRunning);
  }

  /** Of the next attempt. One that was passed over does not count. */
  get nextNumber(): number {
    return this.attempts.filter(({ skippedFor }) => skippedFor === undefined).length + 1;
  }

  /** No attempt at another primary has failed before this one. */
  isFirstPrimary(attempt: Attempt): boolean {
    return this.attempts.every((other) => other === attempt || other.target.own || other.state.kind !== 'failed');
  }

  /** Every own endpoint whose turn came was passed over. */
  get isOwnUnasked(): boolean {
    return this.attempts.every(({ target, skippedFor }) => !target.own || skippedFor !== undefined);
  }

  /**
   * What to ask once more after the winner's stream was cut: the targets that were abandoned in its favour, except those
   * that were slow or failing; or the plugin's own target, when its stream was cut and no other target is left.
   */
  worthAnotherTry(cut: Attempt): Target[] {
    const hedges = this.attempts.filter(({ state, overtaken }) => state.kind === 'abandoned' && !overtaken);
    const isLast = hedges.length === 0 && this.source.isEmpty;
    const targets = (isLast && cut.target.own ? [cut] : hedges).map(({ target }) => target);
    return targets.filter((target) => this.attempts.filter((attempt) => attempt.target === target).length === 1);
  }

  /** The circuit of the only provider is open, or every provider is isolated. */
  noteOpenCircuit(breakers: BreakerRegistry): void {
    const [{ provider, modelType }] = this.targets as [Target];
    const error = breakers.isIsolated(provider)
      ? ElizaNetUnavailableError.skipped(displayName(provider), modelType, 'isolated')
      : ElizaNetUnavailableError.circuitOpen(modelType, breakers.retryAfterMs(provider, modelType));
    this.errors.push({ provider, error });
  }

  /** For a call that no provider has answered. An agent with one provider gets that provider's own error. */
  errorOfAll(): unknown {
    const only = this.targets.length === 1 && this.errors.length === 1;
    return only ? this.errors[0]?.error : new AllProvidersFailedError(this.modelType, this.errors, this.records());
  }

  records(): AttemptRecord[] {
    return [
      ...this.source.skipped.map((target) => skippedRecord(target, target.skippedFor)),
      ...this.attempts.map(recordOf),
    ];
  }
}
