import type { Clock } from './clock.js';
import type { Failure, FailureKind } from './failure-rules.js';

interface ProbeLimits {
  clock: Clock;
  cooldownMs: number;
  cooldownMaxMs: number;
}

/** Failures that a provider's other model types are likely to have too, and that cost the caller a wait. */
const SLOW_FAILURES: readonly FailureKind[] = ['timeout', 'network'];

/**
 * What is known of a provider as a whole from the slow failures of its model types, until its next success. One message
 * of an agent asks for several types, one after the other: a hang must be waited for once, not once for each.
 */
export class ProviderHealth {
  readonly #unwellTypes = new Set<string>();
  /** When it was last given up for its silence. */
  #silentAt: number | undefined;

  failed(modelType: string, { kind, silence }: Failure, now: number): void {
    if (silence || SLOW_FAILURES.includes(kind)) this.#unwellTypes.add(modelType);
    if (silence) this.#silentAt = now;
  }

  answered(): void {
    if (this.#unwellTypes.size > 0) this.#unwellTypes.clear();
    this.#silentAt = undefined;
  }

  /** Whether another type than this one has failed in such a way. */
  isSuspect(modelType: string): boolean {
    return this.#unwellTypes.size > (this.#unwellTypes.has(modelType) ? 1 : 0);
  }

  /** A silent provider is probed by one of its types within a cooldown, because each probe costs a caller its wait. */
  isProbedEnough({ clock, cooldownMs, cooldownMaxMs }: ProbeLimits): boolean {
    return this.#silentAt !== undefined && clock.now() - this.#silentAt < Math.min(cooldownMs, cooldownMaxMs);
  }
}
