import type { Clock, Random } from './clock.js';
import type { BreakerEffect, Failure } from './failure-rules.js';

export interface CircuitBreakerOptions {
  /** Consecutive failures that open the circuit, for kinds that do not open it at once. */
  failureThreshold: number;
  /** First open time, in milliseconds; doubled for each failed probe. */
  cooldownMs: number;
  /** Longest open time, in milliseconds. Also caps a Retry-After, `openUntil`, and the time a probe may take. */
  cooldownMaxMs: number;
}

export interface BreakerDeps extends CircuitBreakerOptions {
  clock: Clock;
  /** Spreads the ends of open times of many agents by up to a fifth. */
  random: Random;
  /** Called on each change of state. What it throws is ignored. */
  onChange?(state: BreakerStateName, details: BreakerChange): void;
  /** Called for each failure that counts and does not open the circuit. */
  onCount?(): void;
}

export type BreakerStateName = 'closed' | 'open' | 'half-open';

/** Details of a change of state; both only for `open`. */
export interface BreakerChange {
  /** When a probe is let through, on `clock.now()`. Failures of attempts under way can still make it later. */
  until?: number;
  /** The failure that opened the circuit; undefined when `openUntil` did. */
  reason?: Failure;
}

/** Permission to make one attempt. Calls after the first `success` or `release` are ignored. */
export interface Permit {
  /** True when this attempt is the one probe of a half-open breaker. */
  readonly probe: boolean;
  success(): void;
  /**
   * Counts once per attempt. May be followed by `success()`: a provider's own retry can work after its failure was seen
   * on the wire.
   * @param reason for `onChange`.
   */
  failure(effect: BreakerEffect, retryAfterMs?: number, reason?: Failure): void;
  /** Lets another attempt be the probe. This one may still succeed or fail. */
  freeProbe(): void;
  /** The attempt ended without a result that says anything about the provider. */
  release(): void;
}

type State =
  | { kind: 'closed'; failures: number }
  | { kind: 'open'; until: number; openCount: number }
  | { kind: 'half-open'; probe: { permit: Permit; lostAt: number } | undefined; openCount: number };

/** Jitter is only added, so that no open time is shorter than a stated Retry-After. */
const JITTER_RATIO = 0.2;

/**
 * Stops calls to a failing provider until it is likely to have recovered.
 *
 * Holds no timer: the next caller compares the clock and moves it from open to half-open. In half-open exactly one
 * attempt, the probe, gets a permit and holds it until its result. A result counts only if its attempt began after the
 * circuit last opened or closed. There are two exceptions for attempts that began before it opened: each may make the
 * deadline later once, by a stated Retry-After, and one that has failed since may still succeed, which closes it. A circuit
 * that silence has opened is closed by the late answer of any attempt that was given up for its silence.
 */
export class CircuitBreaker {
  #state: State = { kind: 'closed', failures: 0 };
  /** Number of openings and recoveries so far. An attempt keeps the one it began in, so that stale results show. */
  #epoch = 0;
  /** The circuit was last opened because nothing came. */
  #openedBySilence = false;

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

  /** A permit in any state, for an attempt that is made because no other provider is left. */
  force(): Permit {
    return this.tryAcquire() ?? new BreakerPermit(this, false, this.#epoch);
  }

  /**
   * Opens the circuit, or makes its deadline later, because another process has seen the provider fail. Never makes the
   * deadline earlier. A probe that is under way may still close it.
   * @param untilMs on `clock.now()`. Ignored when it has passed; at most `cooldownMaxMs` from now.
   */
  openUntil(untilMs: number): void {
    this.#settle();
    const state = this.#state;
    const now = this.deps.clock.now();
    const until = Math.min(untilMs, now + this.deps.cooldownMaxMs);
    if (!(until > now)) return;
    if (state.kind === 'open') return this.#extend(until);
    if (state.kind === 'closed') {
      this.#epoch++;
      this.#openedBySilence = false;
    }
    this.#become({ kind: 'open', until, openCount: state.kind === 'half-open' ? state.openCount : 0 });
  }

  /**
   * Makes the next probe later, because another process is probing. Does nothing while the circuit is closed or a probe
   * is under way.
   * @param untilMs as for `openUntil`.
   */
  postponeProbe(untilMs: number): void {
    this.#settle();
    const state = this.#state;
    if (state.kind === 'closed' || (state.kind === 'half-open' && state.probe)) return;
    this.openUntil(untilMs);
  }

  /** Lets the next caller of an open circuit probe, because another process was answered. */
  allowProbe(): void {
    if (this.#state.kind !== 'open') return;
    this.#state = { ...this.#state, until: this.deps.clock.now() };
    this.#settle();
  }

  /** @internal for permits */
  succeed({ epoch, wasSilent }: BreakerPermit): void {
    if (epoch !== this.#epoch && !(wasSilent && this.#openedBySilence)) return;
    if (this.#state.kind !== 'closed') this.#epoch++;
    if (this.#state.kind !== 'closed' || this.#state.failures > 0) this.#become({ kind: 'closed', failures: 0 });
  }

  /** @internal for permits */
  freeProbe(permit: BreakerPermit): void {
    if (this.#state.kind === 'half-open' && this.#state.probe?.permit === permit) this.#state.probe = undefined;
  }

  /** @internal for permits */
  fail(permit: BreakerPermit, effect: BreakerEffect, retryAfterMs: number, reason?: Failure): void {
    this.#settle();
    const state = this.#state;
    const isFirst = !permit.hasFailed;
    permit.hasFailed = true;
    if (reason?.silence) permit.wasSilent = true;
    if (state.kind === 'open') {
      // Work can outlive its attempt and go on failing for ever, so each attempt moves the deadline a limited number of
      // times: one that was forced after the opening by its first failure, any other once by a stated Retry-After.
      if (isFirst && permit.epoch === this.#epoch) {
        this.#extend(this.#deadline(this.#openTimeMs(effect, retryAfterMs, state.openCount)));
      } else if (retryAfterMs > 0 && !permit.hasExtended) {
        permit.hasExtended = true;
        this.#extend(this.#deadline(retryAfterMs));
      }
      permit.epoch = this.#epoch;
      return;
    }
    if (permit.epoch !== this.#epoch) return;
    // In half-open only the probe's result changes the state.
    if (state.kind === 'half-open' && state.probe?.permit !== permit) return;
    if (state.kind === 'closed' && effect === 'count' && state.failures + 1 < this.deps.failureThreshold) {
      this.#state = { kind: 'closed', failures: state.failures + 1 };
      this.deps.onCount?.();
      return;
    }
    const openCount = state.kind === 'half-open' ? state.openCount + 1 : 0;
    this.#openedBySilence = reason?.silence !== undefined;
    permit.epoch = ++this.#epoch;
    const until = this.#deadline(this.#openTimeMs(effect, retryAfterMs, openCount));
    this.#become({ kind: 'open', until, openCount }, reason);
  }

  #extend(until: number): void {
    if (this.#state.kind === 'open' && until > this.#state.until) this.#state = { ...this.#state, until };
  }

  #openTimeMs(effect: BreakerEffect, retryAfterMs: number, openCount: number): number {
    const { cooldownMs, cooldownMaxMs } = this.deps;
    return effect === 'trip-longest' ? cooldownMaxMs : Math.max(cooldownMs * 2 ** openCount, retryAfterMs);
  }

  #deadline(openTimeMs: number): number {
    const { clock, random, cooldownMaxMs } = this.deps;
    return clock.now() + Math.min(openTimeMs * (1 + JITTER_RATIO * random()), cooldownMaxMs);
  }

  #settle(): void {
    if (this.#state.kind !== 'open' || this.deps.clock.now() < this.#state.until) return;
    this.#become({ kind: 'half-open', probe: undefined, openCount: this.#state.openCount });
  }

  #become(next: State, reason?: Failure): void {
    const hasChanged = next.kind !== this.#state.kind;
    this.#state = next;
    if (!hasChanged) return;
    try {
      this.deps.onChange?.(next.kind, next.kind === 'open' ? { until: next.until, reason } : {});
    } catch {
      // A listener that fails, such as a logger, must not fail the call that changed the state.
    }
  }
}

class BreakerPermit implements Permit {
  hasFailed = false;
  /** Its attempt was given up because nothing came. */
  wasSilent = false;
  /** Whether it has made the deadline of an open circuit later by its Retry-After. */
  hasExtended = false;
  #isSettled = false;

  constructor(
    private readonly breaker: CircuitBreaker,
    readonly probe: boolean,
    /** The breaker's, when the attempt began or last failed while the circuit was open. */
    public epoch: number,
  ) {}

  success(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.breaker.succeed(this);
  }

  failure(effect: BreakerEffect, retryAfterMs = 0, reason?: Failure): void {
    if (this.#isSettled) return;
    if (effect === 'ignore') return this.release();
    // A failure that is seen on the wire is thrown later; both are one failure of the row.
    if (this.hasFailed && effect === 'count') return;
    this.breaker.fail(this, effect, retryAfterMs || 0, reason);
  }

  freeProbe(): void {
    this.breaker.freeProbe(this);
  }

  release(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.freeProbe();
  }
}
