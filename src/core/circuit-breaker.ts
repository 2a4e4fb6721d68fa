import type { Clock, Random } from './clock.js';
import type { BreakerEffect } from './failure-rules.js';

export interface CircuitBreakerOptions {
  /** Failures in a row that open the breaker, where the kind does not open it at once. */
  failureThreshold: number;
  /** First open time, in milliseconds; doubled for each failed probe. */
  cooldownMs: number;
  /** Longest open time, in milliseconds; also caps a provider's Retry-After, and the time a probe is waited for. */
  cooldownMaxMs: number;
}

export interface BreakerDeps extends CircuitBreakerOptions {
  clock: Clock;
  /** Spreads the ends of open times of many agents by up to a fifth. */
  random: Random;
  onChange?(state: BreakerStateName): void;
}

export type BreakerStateName = 'closed' | 'open' | 'half-open';

/** Leave to make one attempt. Settles once; what comes after the first `success`, or after `release`, is ignored. */
export interface Permit {
  /** True when this attempt is the one probe of a half-open breaker. */
  readonly probe: boolean;
  success(): void;
  /**
   * Counts once per attempt. May be followed by `success()`: a provider's own retry can work after its failure was seen
   * on the wire.
   */
  failure(effect: BreakerEffect, retryAfterMs?: number): void;
  /** The attempt ended without saying anything about the provider. */
  release(): void;
}

type State =
  | { kind: 'closed'; failures: number }
  | { kind: 'open'; until: number; openCount: number }
  | { kind: 'half-open'; probe: { permit: Permit; lostAt: number } | undefined; openCount: number };

/** Jitter is added, never taken away, so that a stated Retry-After is kept. */
const JITTER_RATIO = 0.2;

/**
 * Leaves a failing provider alone until it is likely to be back, and always goes back to it.
 *
 * Holds no timer: the next caller compares the clock and moves it from open to half-open. In half-open exactly one
 * attempt gets a permit, and holds it until its result. What an attempt brings is judged by when it was begun: news from
 * before an opening or a recovery closes nothing and opens nothing.
 */
export class CircuitBreaker {
  #state: State = { kind: 'closed', failures: 0 };
  /** Counts openings and recoveries, so that stale news of an attempt begun before can be told. */
  #epoch = 0;

  constructor(private readonly deps: BreakerDeps) {}

  get state(): BreakerStateName {
    this.#settle();
    return this.#state.kind;
  }

  /** Milliseconds until a probe is let through; 0 unless open. */
  get retryAfterMs(): number {
    return this.#state.kind === 'open' ? Math.max(0, this.#state.until - this.deps.clock.now()) : 0;
  }

  /** @returns undefined while the breaker is open, or half-open with its probe under way. */
  tryAcquire(): Permit | undefined {
    this.#settle();
    const state = this.#state;
    if (state.kind === 'open') return undefined;
    if (state.kind === 'closed') return new BreakerPermit(this, false, this.#epoch);
    const now = this.deps.clock.now();
    if (state.probe && now < state.probe.lostAt) return undefined;
    const permit = new BreakerPermit(this, true, this.#epoch);
    state.probe = { permit, lostAt: now + this.deps.cooldownMaxMs };
    return permit;
  }

  /** A permit whatever the state, for the attempt that is made because there is no other provider left. */
  force(): Permit {
    return this.tryAcquire() ?? new BreakerPermit(this, false, this.#epoch);
  }

  #settle(): void {
    if (this.#state.kind !== 'open' || this.deps.clock.now() < this.#state.until) return;
    this.#become({ kind: 'half-open', probe: undefined, openCount: this.#state.openCount });
  }

  /** @internal for permits: the attempt begun in `epoch` succeeded. */
  succeed(epoch: number): void {
    if (epoch !== this.#epoch) return;
    if (this.#state.kind !== 'closed') this.#epoch++;
    if (this.#state.kind !== 'closed' || this.#state.failures > 0) this.#become({ kind: 'closed', failures: 0 });
  }

  /** @internal for permits: the attempt ended without saying anything; the next probe may be made if it was one. */
  freeProbe(permit: Permit): void {
    if (this.#state.kind === 'half-open' && this.#state.probe?.permit === permit) this.#state.probe = undefined;
  }

  /** @internal for permits: the attempt begun in `epoch` failed. @returns the epoch it belongs to from now on. */
  fail(permit: Permit, epoch: number, effect: BreakerEffect, retryAfterMs = 0): number {
    this.#settle();
    const state = this.#state;
    if (state.kind === 'open') {
      // Attempts that were under way when it opened fail too; they may move the deadline, but do not grow the next one.
      const until = Math.max(state.until, this.#openUntil(effect, retryAfterMs, state.openCount));
      this.#state = { ...state, until };
      return this.#epoch;
    }
    if (epoch !== this.#epoch) return epoch;
    // While half-open, nobody's word counts but the probe's.
    if (state.kind === 'half-open' && state.probe?.permit !== permit) return epoch;
    if (state.kind === 'closed' && effect === 'count' && state.failures + 1 < this.deps.failureThreshold) {
      this.#state = { kind: 'closed', failures: state.failures + 1 };
      return epoch;
    }
    const openCount = state.kind === 'half-open' ? state.openCount + 1 : 0;
    this.#epoch++;
    this.#become({ kind: 'open', until: this.#openUntil(effect, retryAfterMs, openCount), openCount });
    return this.#epoch;
  }

  #openUntil(effect: BreakerEffect, retryAfterMs: number, openCount: number): number {
    const { clock, random, cooldownMs, cooldownMaxMs } = this.deps;
    const grown = effect === 'trip-longest' ? cooldownMaxMs : Math.max(cooldownMs * 2 ** openCount, retryAfterMs);
    return clock.now() + Math.min(grown * (1 + JITTER_RATIO * random()), cooldownMaxMs);
  }

  #become(next: State): void {
    const changed = next.kind !== this.#state.kind;
    this.#state = next;
    if (changed) this.deps.onChange?.(next.kind);
  }
}

class BreakerPermit implements Permit {
  #settled = false;
  #failed = false;

  constructor(
    private readonly breaker: CircuitBreaker,
    readonly probe: boolean,
    private epoch: number,
  ) {}

  success(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.breaker.succeed(this.epoch);
  }

  failure(effect: BreakerEffect, retryAfterMs?: number): void {
    if (this.#settled) return;
    if (effect === 'ignore') return this.release();
    // Seen on the wire, and admitted at last: one attempt adds one failure to the row.
    if (this.#failed && effect === 'count') return;
    this.#failed = true;
    this.epoch = this.breaker.fail(this, this.epoch, effect, retryAfterMs);
  }

  release(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.breaker.freeProbe(this);
  }
}
