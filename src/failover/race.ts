import { runInScope } from '../core/attempt-scope.js';
import type { BreakerRegistry, ProviderPermit } from '../core/breaker-registry.js';
import { classifyFailure } from '../core/classify-failure.js';
import type { Clock } from '../core/clock.js';
import {
  AllProvidersFailedError,
  type AttemptRecord,
  DisguisedFailureError,
  primaryTimeout,
} from '../core/failover-errors.js';
import { FAILURE_RULES, type Failure, type FailureKind } from '../core/failure-rules.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { CallRecord } from '../observe/ledger.js';
import { Attempt, type AttemptOwner, type Target } from './attempt.js';
import { isTextStreamResult } from './core-compat.js';
import type { StreamRules } from './stream-commit.js';
import { TargetQueue } from './target-queue.js';
import type { InContext } from './wire-tally.js';

export interface RaceDeps extends StreamRules {
  breakers: BreakerRegistry;
  clock: Clock;
  fallbackOn: ReadonlySet<FailureKind>;
  /** Grace after the wire has shown a failure, in milliseconds. */
  earlyFailover: number | 'off';
  /** When the next target is started beside one that has no output yet, in milliseconds; 0 = never. */
  hedgeAfterMs: number;
  /** The same for the probe of a half-open breaker. */
  probeHedgeMs: number;
  /** Told about every call that did not simply go to its first provider. */
  onEnd(call: CallRecord): void;
  /** Told when a value that only stands in for an answer is all there is. */
  onStandIn(failure: Failure): void;
  /** Told about every answer, and what was asked, for what has to be learnt from a healthy primary. */
  onAnswer(target: Target, value: unknown, params: unknown): void;
}

export interface RaceCall {
  /** The type the agent asked for. */
  modelType: string;
  /** What the agent passed. */
  params: unknown;
  /** In the order in which they are to be asked; at least one. */
  targets: readonly Target[];
  /** The caller's wish to stop. */
  userSignal?: AbortSignal;
  /** Calls the provider. `quiet`: chunks of another answer have been delivered, so this one must deliver none. */
  invoke(attempt: Attempt, quiet: boolean): Promise<unknown>;
  /** Ends the stream that a cut attempt left open. */
  endStream?(): void;
}

/** Nobody waits longer than this for a vector, whatever `ELIZANET_PRIMARY_TIMEOUT` says. */
const EMBEDDING_TIMEOUT_MS = 30_000;

/**
 * Gets one call answered by the first provider that can.
 *
 * One mechanism serves failover, early failover and hedging: the next target is started when an attempt has failed, is
 * seen failing on the wire, or takes long. The first good output wins: a value, or for a stream its first text (the
 * commit). Whatever comes from the others later is swallowed here.
 */
export class Race implements AttemptOwner {
  readonly #attempts: Attempt[] = [];
  readonly #errors: unknown[] = [];
  readonly #queue: TargetQueue;
  #running = 0;
  #winner: Attempt | undefined;
  /** An error that must not fail over: thrown as it is, unless an attempt already under way answers. */
  #final: { error: unknown } | undefined;
  /** A value that only looks like an answer, such as a fallback vector: used when there is nothing better. */
  #standIn: { value: unknown; failure: Failure } | undefined;
  #quiet = false;
  #done = false;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(
    private readonly call: RaceCall,
    private readonly deps: RaceDeps,
  ) {
    this.#queue = new TargetQueue(call.targets, deps.breakers);
  }

  run(): Promise<unknown> {
    const { userSignal } = this.call;
    if (userSignal?.aborted) return Promise.reject(userSignal.reason);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      userSignal?.addEventListener('abort', this.#onUserAbort, { once: true });
      this.#startNext();
    });
  }

  commit(attempt: Attempt): boolean {
    if (this.#done || attempt.outcome || (this.#winner && this.#winner !== attempt)) {
      this.#late(attempt);
      return false;
    }
    this.#winner = attempt;
    attempt.clearTimers();
    for (const other of this.#attempts) if (other !== attempt && !other.outcome) this.#abandon(other);
    return true;
  }

  streamEnded(attempt: Attempt, error?: unknown): void {
    // Only for a stream that its reader holds: for all others the outcome of `useModel` says the same.
    if (!this.#done) return;
    this.call.userSignal?.removeEventListener('abort', this.#onUserAbort);
    if (error === undefined || attempt.aborted) return;
    const failure = classifyFailure(error, this.deps.clock.wallNow());
    this.deps.breakers.force(attempt.target.provider, attempt.target.modelType).failure(failure);
    attempt.end('failed', this.deps.clock.now(), failure);
    this.#report(false);
  }

  wireFailing(attempt: Attempt, failure: Failure, inContext: InContext): void {
    const { earlyFailover, clock } = this.deps;
    if (earlyFailover === 'off' || !this.#fails(failure.kind)) return;
    const passOn = () => {
      const isOver = attempt.outcome !== undefined && attempt.outcome !== 'abandoned';
      if (isOver || !attempt.failureOnWire) return;
      attempt.failure = failure;
      // Also for one that has lost: nobody else will hear of it.
      attempt.permit.failure(failure);
      this.#passOn(attempt);
    };
    if (earlyFailover === 0) inContext(passOn);
    else inContext(() => attempt.ownTimer(clock.after(earlyFailover, passOn).clear));
  }

  readonly #onUserAbort = (): void => {
    const { reason } = this.call.userSignal as AbortSignal;
    for (const attempt of this.#attempts) {
      if (!attempt.outcome) attempt.permit.release();
      attempt.clearTimers();
      attempt.abort(reason);
    }
    if (!this.#done) this.#finish(() => this.#reject(reason));
  };

  #startNext(): boolean {
    const next = this.#queue.next(this.#running === 0);
    if (next) this.#start(next.target, next.permit);
    return next !== undefined;
  }

  /** Starts the next target while this attempt goes on; once per attempt. */
  #passOn(attempt: Attempt): void {
    if (attempt.passedOn || this.#done || this.#winner) return;
    attempt.passedOn = true;
    this.#startNext();
  }

  #start(target: Target, permit: ProviderPermit): void {
    const attempt = new Attempt(this.#attempts.length + 1, target, permit, this.deps.clock.now(), this);
    this.#attempts.push(attempt);
    this.#running++;
    if (target.provider !== PROVIDER_NAME) this.#limit(attempt);
    let outcome: Promise<unknown>;
    try {
      outcome = runInScope(attempt, () => this.call.invoke(attempt, this.#quiet));
    } catch (error) {
      outcome = Promise.reject(error);
    }
    outcome.then(
      (value) => this.#onValue(attempt, value),
      (error) => this.#onError(attempt, error),
    );
  }

  /** What a primary may take: until the next one is started beside it, and until it is given up. */
  #limit(attempt: Attempt): void {
    const { clock, primaryTimeoutMs, hedgeAfterMs, probeHedgeMs } = this.deps;
    const isEmbedding = this.call.modelType === 'TEXT_EMBEDDING';
    const limitMs = isEmbedding ? Math.min(primaryTimeoutMs, EMBEDDING_TIMEOUT_MS) : primaryTimeoutMs;
    const hedgeMs = attempt.permit.probe && probeHedgeMs > 0 ? probeHedgeMs : hedgeAfterMs;
    if (hedgeMs > 0) attempt.ownTimer(clock.after(hedgeMs, () => this.#passOn(attempt)).clear);
    if (limitMs === 0) return;
    const giveUp = () => {
      const error = primaryTimeout(attempt.target.provider, limitMs, 'response');
      this.#onError(attempt, error);
      attempt.abort(error);
    };
    attempt.ownTimer(clock.after(limitMs, giveUp).clear);
  }

  #onValue(attempt: Attempt, value: unknown): void {
    const { target, standInFor } = attempt;
    if (attempt.outcome) return standInFor === undefined ? this.#late(attempt) : undefined;
    if (standInFor !== undefined) {
      this.#standIn ??= { value, failure: classifyFailure(standInFor, this.deps.clock.wallNow()) };
      return this.#onError(attempt, standInFor);
    }
    this.#running--;
    attempt.permit.success();
    if (!this.commit(attempt)) return attempt.end('abandoned', this.deps.clock.now());
    attempt.end('answered', this.deps.clock.now());
    this.deps.onAnswer(target, value, this.call.params);
    this.#finish(() => this.#resolve(value), isTextStreamResult(value));
    if (this.#quiet) this.call.endStream?.();
  }

  /**
   * Another one was first. An attempt that took so long that its hedge won has failed, or each call to come would wait
   * for it again. A probe is left to end by itself: it is what tells that its provider is back.
   */
  #abandon(attempt: Attempt): void {
    this.#running--;
    attempt.end('abandoned', this.deps.clock.now(), attempt.failure);
    if (attempt.passedOn) attempt.permit.failure({ kind: 'timeout' });
    if (!attempt.permit.probe) attempt.abort(new Error('another provider answered first'));
  }

  /** An output after another one was first: too late for the call, but its provider works. */
  #late(attempt: Attempt): void {
    if (attempt.outcome === 'abandoned') attempt.permit.success();
  }

  #onError(attempt: Attempt, error: unknown): void {
    // Given up before, by its time limit or for another one: what still comes of it concerns nobody.
    if (attempt.outcome) return;
    this.#running--;
    const now = this.deps.clock.now();
    if (attempt.aborted) {
      attempt.permit.release();
      return attempt.end('abandoned', now);
    }
    const failure = attempt.failureOf(error, this.deps.clock.wallNow());
    attempt.permit.failure(failure);
    attempt.end('failed', now, failure);
    if (this.#done || (this.#winner && this.#winner !== attempt)) return;
    if (this.#winner === attempt) {
      this.#winner = undefined;
      this.#quiet = true;
      this.#askAgain(attempt);
    }
    this.#errors.push(error);
    if (!this.#failsOver(attempt, failure, error)) this.#final ??= { error };
    else if (!attempt.passedOn && this.#startNext()) return;
    if (this.#running > 0 || (!this.#final && this.#startNext())) return;
    this.#giveUp();
  }

  /**
   * A cut stream leaves the call without an answer: hedges that were abandoned for its sake are asked again, and ElizaNet,
   * when its own stream was cut and no one else is left. Each once more, for the whole answer; never one that was slow.
   */
  #askAgain(cut: Attempt): void {
    const hedges = this.#attempts.filter(({ outcome, passedOn }) => outcome === 'abandoned' && !passedOn);
    const nobodyLeft = hedges.length === 0 && this.#queue.isEmpty;
    const again = nobodyLeft && cut.target.provider === PROVIDER_NAME ? [cut] : hedges;
    for (const { target } of again) {
      if (this.#attempts.filter((attempt) => attempt.target === target).length === 1) this.#queue.add(target);
    }
  }

  #fails(kind: FailureKind): boolean {
    // Costs nothing, sends nothing, and ElizaNet's can encode every text; js-tiktoken throws on "<|endoftext|>" in one.
    if (this.call.modelType === 'TEXT_TOKENIZER_ENCODE') return kind !== 'user_abort';
    return FAILURE_RULES[kind].failsOver !== 'no' && this.deps.fallbackOn.has(kind);
  }

  #failsOver({ target }: Attempt, { kind }: Failure, error: unknown): boolean {
    if (kind === 'interrupted' && this.deps.onInterrupted === 'throw') return false;
    // What was not thrown but returned, or never came, is no answer, whatever is behind it (a hidden 401, say).
    if (error instanceof DisguisedFailureError) return this.deps.fallbackOn.has('disguised');
    // Once a call is failing over, the next provider's own trouble (a bad key, say) is no reason to stop.
    return target.provider === PROVIDER_NAME || this.#errors.length > 1 || this.#fails(kind);
  }

  #giveUp(): void {
    const standIn = this.#standIn;
    if (standIn) {
      this.deps.onStandIn(standIn.failure);
      return this.#finish(() => this.#resolve(standIn.value));
    }
    const error = this.#final
      ? this.#final.error
      : new AllProvidersFailedError(this.call.modelType, this.#errors, this.#records());
    this.#finish(() => this.#reject(error));
  }

  #finish(settle: () => void, streamGoesOn = false): void {
    this.#done = true;
    if (!streamGoesOn) this.call.userSignal?.removeEventListener('abort', this.#onUserAbort);
    settle();
    const asUsual = this.#attempts.length === 1 && this.#errors.length + this.#queue.skipped.length === 0;
    if (!asUsual) this.#report(this.#attempts.some(({ outcome }) => outcome === 'answered'));
  }

  #report(answered: boolean): void {
    const { modelType } = this.call;
    this.deps.onEnd({ modelType, endedAt: this.deps.clock.wallNow(), answered, attempts: this.#records() });
  }

  #records(): AttemptRecord[] {
    const skipped = this.#queue.skipped.map(
      (target): AttemptRecord => ({ attempt: 0, ...target, outcome: 'skipped', durationMs: 0 }),
    );
    return [...skipped, ...this.#attempts.map((attempt) => attempt.record(this.deps.clock.now()))];
  }
}
