import type { BreakerRegistry, ProviderPermit } from '../core/breaker-registry.js';
import type { Target } from './attempt.js';

/** Who is asked next for one call. */
export class TargetQueue {
  readonly #waiting: Target[];
  /** Targets whose breaker is open: asked after all others have failed, since then there is nothing to lose. */
  readonly #skipped: Target[] = [];

  /** @param targets in the order in which they are to be asked. */
  constructor(
    targets: readonly Target[],
    private readonly breakers: BreakerRegistry,
  ) {
    this.#waiting = [...targets];
  }

  get isEmpty(): boolean {
    return this.#waiting.length + this.#skipped.length === 0;
  }

  /** Those that have been left alone for this call so far. */
  get skipped(): readonly Target[] {
    return this.#skipped;
  }

  /** @param nobodyLeft an open breaker must not turn a provider away when there is no other. */
  next(nobodyLeft: boolean): { target: Target; permit: ProviderPermit } | undefined {
    for (let target = this.#waiting.shift(); target; target = this.#waiting.shift()) {
      const permit = this.breakers.tryAcquire(target.provider, target.modelType);
      if (permit) return { target, permit };
      this.#skipped.push(target);
    }
    const target = nobodyLeft ? this.#skipped.shift() : undefined;
    return target && { target, permit: this.breakers.force(target.provider, target.modelType) };
  }

  /** Puts a target at the end, to be asked once more. */
  add(target: Target): void {
    this.#waiting.push(target);
  }
}
