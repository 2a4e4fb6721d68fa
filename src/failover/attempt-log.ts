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
  /** How many attempts had begun when a target was passed over. */
  #skippedAfter: Map<Target, number> | undefined;
  /** In the order in which they came. */
  readonly errors: ProviderError[] = [];

  constructor(
    private readonly modelType: string,
    private readonly targets: readonly Target[],
    private readonly source: Pick<AttemptSource, 'skipped' | 'isEmpty'>,
  ) {}

  begun(attempt: Attempt): void {
    for (const skipped of this.source.skipped) {
      // Created only then: most calls pass over none.
      this.#skippedAfter ??= new Map();
      if (this.#skippedAfter.has(skipped)) continue;
      // One that is asked in spite of its open circuit had its turn before those that were passed over after it.
      const isLater = this.#turnOf(skipped) > this.#turnOf(attempt.target);
      this.#skippedAfter.set(skipped, this.attempts.length + (isLater ? 1 : 0));
    }
    this.attempts.push(attempt);
  }

  #turnOf({ provider, modelType }: Target): number {
    return this.targets.findIndex((target) => target.provider === provider && target.modelType === modelType);
  }

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

  /** In the order in which their turn came. */
  records(): AttemptRecord[] {
    const { skipped } = this.source;
    const records = this.attempts.map(recordOf);
    if (skipped.length === 0) return records;
    const skippedAfter = (count: number) =>
      skipped
        .filter((target) => (this.#skippedAfter?.get(target) ?? records.length) === count)
        .map((target) => skippedRecord(target, target.skippedFor));
    return [...records.flatMap((record, index) => [...skippedAfter(index), record]), ...skippedAfter(records.length)];
  }
}
