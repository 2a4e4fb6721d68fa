import { type CallScope, currentScope, runInScope } from '../core/attempt-scope.js';
import type { ProviderPermit } from '../core/breaker-registry.js';
import { classifyFailure, withWire } from '../core/classify-failure.js';
import type { AttemptRecord } from '../core/failover-errors.js';
import type { Failure } from '../core/failure-rules.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { type InContext, WireLog } from './wire-tally.js';

/** One provider's model that can serve a call. */
export interface Target {
  provider: string;
  /** The type whose handler serves the call; differs from the call's where a type has none of its own. */
  modelType: string;
}

/** What an attempt asks of the race it runs in. */
export interface AttemptOwner {
  /** Claims the call for this attempt's output. @returns false when another attempt was first. */
  commit(attempt: Attempt): boolean;
  /** A stream that was handed to the caller has ended; with an error when it was cut. */
  streamEnded(attempt: Attempt, error?: unknown): void;
  /** The wire shows that the attempt is failing, long before it admits it. */
  wireFailing(attempt: Attempt, failure: Failure, inContext: InContext): void;
}

/** One try of one provider for one call: started, raced, abandoned. */
export class Attempt implements CallScope {
  outcome: AttemptRecord['outcome'] | undefined;
  failure: Failure | undefined;
  durationMs = 0;
  /** Set by a handler that returns a stand-in value: the failure it stands in for. */
  standInFor: unknown;
  /** The race has gone on to the next target because of this attempt: it failed, is failing, or takes long. */
  passedOn = false;
  readonly #clearTimers: (() => void)[] = [];
  #controller: AbortController | undefined;
  #wire: WireLog | undefined;

  constructor(
    /** 1 for the first attempt of the call. */
    readonly number: number,
    readonly target: Target,
    readonly permit: ProviderPermit,
    readonly startedAt: number,
    readonly owner: AttemptOwner,
  ) {}

  get provider(): string {
    return this.target.provider;
  }

  /** Fires when the attempt is abandoned or the user aborts. Made on first use: most handlers never ask for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  /** What its HTTP requests showed. Our own are left out: our client says itself how they ended. */
  get wire(): WireLog | undefined {
    if (this.target.provider === PROVIDER_NAME) return undefined;
    this.#wire ??= new WireLog((failure, inContext) => this.owner.wireFailing(this, failure, inContext));
    return this.#wire;
  }

  /** What the wire says of a failure that does not tell its cause itself. */
  get failureOnWire(): Failure | undefined {
    return this.#wire?.failing;
  }

  /** What an error that it ended with says of its provider, completed by what the wire showed. */
  failureOf(error: unknown, nowMs: number): Failure {
    const failure = withWire(classifyFailure(error, nowMs), this.failureOnWire);
    // The answer came, and reading it broke: it was not of the shape that the API promises. Without an answer it would
    // be a bug in the caller.
    const unreadable = failure.kind === 'unknown' && error instanceof TypeError && this.#wire?.answered;
    return unreadable ? { ...failure, kind: 'server' } : failure;
  }

  /** Hands over a timer to be cleared as soon as the attempt has brought an output, or has ended. */
  ownTimer(clear: () => void): void {
    this.#clearTimers.push(clear);
  }

  clearTimers(): void {
    for (let clear = this.#clearTimers.pop(); clear; clear = this.#clearTimers.pop()) clear();
  }

  end(outcome: AttemptRecord['outcome'], now: number, failure?: Failure): void {
    this.clearTimers();
    this.outcome = outcome;
    this.failure = failure;
    this.durationMs = now - this.startedAt;
  }

  /** @param now for an attempt that is still under way. */
  record(now: number): AttemptRecord {
    const { number, target, failure } = this;
    const durationMs = this.outcome ? this.durationMs : now - this.startedAt;
    // One that was abandoned while it was failing, as the wire showed, has failed.
    const outcome = this.outcome === undefined || this.outcome === 'abandoned' ? undefined : this.outcome;
    return {
      attempt: number,
      ...target,
      outcome: outcome ?? (failure ? 'failed' : 'abandoned'),
      durationMs,
      failure,
    };
  }
}

/** Runs a call without failover; one made inside an attempt stays part of that attempt. */
export function runStraight<T>(start: () => T, userSignal?: AbortSignal): T {
  return currentScope() === undefined ? runInScope({ signal: userSignal }, start) : start();
}

/** The attempt that the running code belongs to. */
export function attemptInScope(): Attempt | undefined {
  const scope = currentScope();
  return scope instanceof Attempt ? scope : undefined;
}

/** The attempt that the running code belongs to, if it is one of this provider. */
export function currentAttempt(provider: string): Attempt | undefined {
  const attempt = attemptInScope();
  return attempt?.provider === provider ? attempt : undefined;
}
