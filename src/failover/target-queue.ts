import type { BreakerRegistry, ProviderPermit } from '../core/breaker-registry.js';
import type { Attempt } from './attempt.js';
import type { AttemptSource } from './attempt-source.js';
import type { SortOwn } from './line-up.js';
import type { Target } from './target.js';

/** Asks the targets of a call one after the other. */
export class TargetQueue implements AttemptSource {
  readonly isBusy = false;
  #waiting: Target[];
  /** Targets whose circuit was open. They are asked once it lets a probe through, or after all others have failed. */
  readonly #skipped: Target[] = [];

  /**
   * @param targets in the order in which they are to be asked.
   * @param sortOwn see `LineUp`.
   */
  constructor(
    private readonly targets: readonly Target[],
    private readonly breakers: BreakerRegistry,
    private readonly start: (target: Target, permit: ProviderPermit) => void,
    private sortOwn?: SortOwn,
  ) {
    this.#waiting = [...targets];
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#skipped.every(isIsolated);
  }

  /** Those that were not asked because of an open circuit. */
  get skipped(): readonly Target[] {
    return this.#skipped;
  }

  isFirst({ number, target }: Attempt): boolean {
    return number === 1 && target === this.targets[0];
  }

  startNext(running: boolean): boolean {
    // An open circuit must not turn a provider away when no other is left; an agent's only provider is given its time.
    const next = this.#next(!running && this.targets.length > 1);
    if (next) this.start(next.target, next.permit);
    return next !== undefined;
  }

  /** @param force takes a target with an open circuit when there is no other. */
  #next(force: boolean): { target: Target; permit: ProviderPermit } | undefined {
    for (let target = this.#shift(); target; target = this.#shift()) {
      const permit = this.breakers.tryAcquire(target.provider, target.modelType);
      if (permit) return { target, permit };
      this.#skipped.push(this.breakers.isIsolated(target.provider) ? { ...target, skippedFor: 'isolated' } : target);
    }
    if (!force) return this.#nextOfSkipped();
    // One that is isolated is not asked in any case.
    const index = this.#skipped.findIndex((target) => !isIsolated(target));
    const [target] = index < 0 ? [] : this.#skipped.splice(index, 1);
    return target && { target, permit: this.breakers.force(target.provider, target.modelType) };
  }

  #shift(): Target | undefined {
    if (this.#waiting[0]?.own && this.sortOwn) {
      this.#waiting = this.sortOwn(this.#waiting);
      this.sortOwn = undefined;
    }
    return this.#waiting.shift();
  }

  #nextOfSkipped(): { target: Target; permit: ProviderPermit } | undefined {
    for (const [i, target] of this.#skipped.entries()) {
      const permit = this.breakers.tryAcquire(target.provider, target.modelType);
      if (!permit) continue;
      this.#skipped.splice(i, 1);
      return { target, permit };
    }
    return undefined;
  }

  /** Puts a target at the end, to be asked once more. */
  askAgain(target: Target): void {
    this.#waiting.push(target);
  }
}

function isIsolated({ skippedFor }: Target): boolean {
  return skippedFor === 'isolated';
}
