import { randomUUID } from 'node:crypto';
import { runInScope } from '../core/attempt-scope.js';
import type { ProviderPermit } from '../core/breaker-registry.js';
import { classifyFailure } from '../core/classify-failure.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import { type ProviderError, primaryTimeout } from '../core/failover-errors.js';
import type { Failure } from '../core/failure-rules.js';
import type { CallNote, CallRecord } from '../observe/call-record.js';
import { Attempt, type AttemptOwner } from './attempt.js';
import { AttemptLog } from './attempt-log.js';
import type { AttemptSource, RaceControls } from './attempt-source.js';
import { isTextStreamResult } from './core-compat.js';
import { whenFailing } from './early-failover.js';
import { abandon, answeredLate, failedLate } from './loser.js';
import type { RaceCall } from './race-call.js';
import { failsOver, failsOverKind, primaryLimitMs, type RaceRules } from './race-rules.js';
import { watchSilence } from './silence-watch.js';
import type { Target } from './target.js';
import { TargetQueue } from './target-queue.js';
import type { InContext } from './wire-tally.js';

type RaceState =
  /** No output yet. `verdict`: an error that must not fail over; thrown unless an attempt under way answers. */
  | { kind: 'asking'; verdict?: { error: unknown } }
  /** The attempt's first text was delivered; core joins the rest. */
  | { kind: 'committed'; attempt: Attempt; verdict?: { error: unknown } }
  /** `useModel` has settled. `streams`: a raw stream goes on, and the call with it. */
  | { kind: 'settled'; streams: boolean };

const ignore = () => {};

/**
 * Gets one call answered by the first target that can.
 *
 * One mechanism serves failover, early failover and hedging: the next target is started when an attempt has failed, is
 * seen failing on the wire, or takes long. The first good output wins: a value, or for a stream its first text (the
 * commit). Results of the other attempts are only learned from.
 */
export class Race implements AttemptOwner, RaceControls {
  readonly startedAt: number;
  #state: RaceState = { kind: 'asking' };
  #callId: string | undefined;
  /** What is started is started because an attempt is silent. */
  #hedging = false;
  readonly #log: AttemptLog;
  readonly #source: AttemptSource;
  /** Chunks of a cut stream were delivered: a later attempt must deliver none. */
  #quiet = false;
  /** The first primary refused the prompt as too long, and an own endpoint may take it. */
  #tooLong: { error: unknown } | undefined;
  /** How the committed stream has ended, before `useModel` has settled. */
  #ended: { error?: unknown } | undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly call: RaceCall,
    private readonly rules: RaceRules,
  ) {
    this.startedAt = rules.clock.now();
    this.#source =
      call.source?.(this) ??
      new TargetQueue(call.targets, rules.breakers, (target, permit) => this.start(target, permit));
    this.#log = new AttemptLog(call.modelType, call.targets, this.#source);
  }

  get callId(): string {
    this.#callId ??= randomUUID();
    return this.#callId;
  }

  run(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { userAbort } = this.call;
      this.#resolve = resolve;
      this.#reject = reject;
      this.#safely(() => {
        if (userAbort.aborted) return this.#reject(userAbort.reason);
        this.#stopListening = userAbort.onAbort(() => this.#safely(() => this.#userAborted()));
        if (!this.#startNext()) this.#giveUp(undefined);
      });
    });
  }

  /** A fault of the race itself rejects the call: no call may stay unsettled. */
  #safely(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (this.#state.kind !== 'settled') this.#settle(() => this.#reject(error));
    }
  }

  // Starting attempts

  #startNext(): boolean {
    return this.#source.startNext(this.#log.isAnyRunning);
  }

  /** Starts the next target while this attempt goes on; once per attempt, unless the circuits of all others are open. */
  #startBeside(attempt: Attempt, hedge: boolean): void {
    if (attempt.overtaken || !attempt.isRunning || this.#state.kind !== 'asking') return;
    this.#hedging = hedge;
    attempt.overtaken = this.#startNext() || this.#source.isEmpty;
    this.#hedging = false;
  }

  start(target: Target, permit: ProviderPermit): Promise<unknown> {
    const attempt = this.begin(target, permit);
    let outcome: Promise<unknown>;
    try {
      outcome = Promise.resolve(runInScope(attempt, () => this.call.invoke(attempt, this.#quiet)));
    } catch (error) {
      outcome = Promise.reject(error);
    }
    outcome.then(
      (value) => this.answered(attempt, value),
      (error) => this.failed(attempt, error),
    );
    return outcome;
  }

  begin(target: Target, permit: ProviderPermit): Attempt {
    const { clock, habitsOf, classify } = this.rules;
    const abortable = !target.own || this.call.targets.length > 1 || this.call.userAbort.possible;
    const { params, streams } = this.call;
    const number = this.#log.attempts.filter(({ skippedFor }) => skippedFor === undefined).length + 1;
    const habits = () => habitsOf(target);
    const how = { abortable, streams, hedge: this.#hedging, params, classify };
    const attempt = new Attempt({ number, target, permit, owner: this, clock, habits, ...how });
    this.#log.attempts.push(attempt);
    if (!target.own) this.#watch(attempt);
    return attempt;
  }

  #watch(attempt: Attempt): void {
    const limitMs = primaryLimitMs(this.rules, this.call.modelType);
    watchSilence(attempt, {
      rules: this.rules,
      limitMs,
      startNext: () => this.#safely(() => this.#startBeside(attempt, true)),
      giveUp: () => this.#safely(() => this.#timedOut(attempt, limitMs)),
    });
  }

  // What can happen to an attempt

  answered(attempt: Attempt, value: unknown): void {
    this.#safely(() => this.#answered(attempt, value));
  }

  failed(attempt: Attempt, error: unknown): void {
    this.#safely(() => this.#failed(attempt, error));
  }

  get isAsking(): boolean {
    return this.#state.kind === 'asking';
  }

  get verdict(): { error: unknown } | undefined {
    return this.#state.kind === 'asking' ? this.#state.verdict : undefined;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  exhausted(failed?: ProviderError): void {
    this.#safely(() => {
      if (this.#state.kind !== 'asking') return;
      if (failed) this.#noteError(failed);
      this.#continue();
    });
  }

  /** core's own error, or that of a wrapper of `useModel`. */
  #noteError({ provider, error }: ProviderError): void {
    const { kind } = classifyFailure(error, this.rules.clock.wallNow(), { request: this.call.params });
    if (failsOverKind(this.rules, this.call.modelType, kind)) this.#log.errors.push({ provider, error });
    else if (this.#state.kind === 'asking') this.#state.verdict ??= { error };
  }

  #timedOut(attempt: Attempt, limitMs: number): void {
    const error = primaryTimeout(attempt.provider, limitMs, 'response');
    this.#failed(attempt, error);
    attempt.abort(error);
  }

  wireFailing(attempt: Attempt, inContext: InContext): void {
    const { call, rules } = this;
    const safely = (step: () => void) => this.#safely(step);
    safely(() =>
      whenFailing(attempt, call.modelType, rules, inContext, safely, () => this.#startBeside(attempt, false)),
    );
  }

  commit(attempt: Attempt): boolean {
    const winner = this.#state.kind === 'committed' ? this.#state.attempt : undefined;
    if (winner === attempt) return true;
    if (this.#state.kind === 'asking' && attempt.isRunning) {
      this.#state = { kind: 'committed', attempt, verdict: this.#state.verdict };
      attempt.clearTimers();
      attempt.noteOutput();
      if (attempt.target.own) this.rules.onOwnOutput?.(attempt.target, attempt.elapsedMs);
      const limitMs = primaryLimitMs(this.rules, this.call.modelType);
      for (const other of this.#log.attempts) {
        if (other !== attempt && other.isRunning) abandon(other, other.target.own ? 0 : limitMs, this.rules.late);
      }
      return true;
    }
    answeredLate(attempt);
    return false;
  }

  #answered(attempt: Attempt, value: unknown): void {
    if (!attempt.isRunning) return answeredLate(attempt);
    const hasCommitted = this.#state.kind === 'committed' && this.#state.attempt === attempt;
    const streams = hasCommitted && isTextStreamResult(value);
    const ended = streams ? this.#ended : undefined;
    this.#ended = undefined;
    // A stream may still be cut.
    if (!streams) attempt.permit.success();
    else if (attempt.permit.probe) this.#endProbe(attempt);
    attempt.learnFromAnswer();
    if (!this.commit(attempt)) return attempt.end('abandoned');
    attempt.end('answered');
    this.#settle(() => this.#resolve(value), streams);
    if (ended) this.streamEnded(attempt, ended.error);
    if (this.#quiet) this.call.endStream?.();
    this.call.onAnswer(attempt.target, value, attempt.number === 1 && this.#source.skipped.length === 0);
  }

  /** A probe has shown by its first text that its provider is back. The end of its stream counts as any other's. */
  #endProbe(attempt: Attempt): void {
    const { provider, modelType } = attempt.target;
    attempt.permit.success();
    attempt.permit = this.rules.breakers.tryAcquire(provider, modelType) ?? attempt.permit;
  }

  #failed(attempt: Attempt, thrown: unknown): void {
    if (!attempt.isRunning) return failedLate(attempt, thrown);
    const failure = this.#countFailure(attempt, thrown);
    const error = attempt.extensionError ?? thrown;
    if (this.#state.kind === 'settled') return;
    if (this.#state.kind === 'committed') {
      if (this.#state.attempt !== attempt) return;
      this.#state = { kind: 'asking', verdict: this.#state.verdict };
      this.#quiet = true;
      this.#askAgain(attempt);
    }
    const { target } = attempt;
    this.#log.errors.push({ provider: target.provider, error });
    this.#noteSkip(attempt, error);
    // In a drill, the primary is asked after own endpoints.
    const isFirst = this.call.drill ? this.#log.isFirstPrimary(attempt) : this.#source.isFirst(attempt);
    if (failure.kind === 'context_length' && isFirst && this.#takesPrompt()) this.#tooLong = { error };
    else if (!failsOver(this.rules, this.call.modelType, { target, failure, error, isFirst })) {
      this.#state.verdict ??= { error };
    }
    this.#continue(attempt);
  }

  /** The endpoint was not asked. If only because another one serves the call better, it is asked when no other is left. */
  #noteSkip(attempt: Attempt, error: unknown): void {
    if (!(error instanceof ElizaNetUnavailableError) || error.code !== 'ENDPOINT_SKIPPED') return;
    attempt.skippedFor = error.skippedFor;
    if (error.yields && !attempt.target.forced) this.#source.askAgain({ ...attempt.target, forced: true });
  }

  /** An own endpoint is known to take a longer prompt than the primary. */
  #takesPrompt(): boolean {
    const { targets, params } = this.call;
    return targets.some((target) => target.own && this.rules.takesPrompt?.(target, params));
  }

  #countFailure(attempt: Attempt, error: unknown): Failure {
    const failure = attempt.failureOf(error);
    attempt.permit.failure(failure);
    attempt.noteFailure(failure);
    attempt.end('failed');
    return failure;
  }

  /** After a failure: asks the next target, waits for those under way, or gives up. */
  #continue(failed?: Attempt): void {
    if (this.#state.kind !== 'asking' || this.#source.isBusy) return;
    const { verdict } = this.#state;
    const running = this.#log.isAnyRunning;
    const replaced = failed?.overtaken && running;
    if (!verdict && !replaced && this.#startNext()) return;
    if (!running) this.#giveUp(verdict);
  }

  /**
   * The winner's stream was cut. Queues the attempts that were abandoned in its favour, except those that were slow or
   * failing; or the plugin's own target again, when its stream was cut and no other target is left. Each once more.
   */
  #askAgain(cut: Attempt): void {
    const hedges = this.#log.attempts.filter(({ state, overtaken }) => state.kind === 'abandoned' && !overtaken);
    const isLast = hedges.length === 0 && this.#source.isEmpty;
    for (const { target } of isLast && cut.target.own ? [cut] : hedges) {
      if (this.#log.attempts.filter((attempt) => attempt.target === target).length === 1) this.#source.askAgain(target);
    }
  }

  #userAborted(): void {
    const { reason } = this.call.userAbort;
    for (const attempt of this.#log.attempts) {
      if (attempt.state.kind !== 'answered') attempt.permit.release();
      if (attempt.isRunning) attempt.end('abandoned');
      attempt.clearTimers();
      attempt.abort(reason);
    }
    if (this.#state.kind !== 'settled') this.#settle(() => this.#reject(reason), false, { aborted: true });
    else if (this.#endStream()) this.#report(true);
  }

  // A raw stream, after `useModel` has resolved

  streamEnded(attempt: Attempt, error?: unknown): void {
    // core 2.x reads the promises of a stream at once, and so the stream, before it gives it to the caller.
    if (this.#state.kind === 'committed') this.#ended = { error };
    if (!this.#endStream()) return;
    if (error === undefined) attempt.permit.success();
    else this.#countFailure(attempt, error);
    this.#report(error === undefined);
  }

  /** @returns false when no raw stream goes on. While core joins a stream, the outcome of its `useModel` says the same. */
  #endStream(): boolean {
    if (this.#state.kind !== 'settled' || !this.#state.streams) return false;
    this.#state = { kind: 'settled', streams: false };
    this.#stopListening?.();
    return true;
  }

  // How the call ends

  #giveUp(verdict: { error: unknown } | undefined): void {
    if (!verdict && this.#log.errors.length === 0) this.#log.noteOpenCircuit(this.rules.breakers);
    const errors = this.#log.errors.map(({ error }) => error);
    // No other provider was asked after all.
    if (this.#tooLong && this.#log.isOwnUnasked) return this.#settle(() => this.#reject(this.#tooLong?.error));
    const value = verdict ? undefined : this.rules.lastResort(this.call.modelType, errors);
    if (value !== undefined) return this.#settle(() => this.#resolve(value), false, { placeholder: true });
    this.#settle(() => this.#reject(verdict ? verdict.error : this.#log.errorOfAll()));
  }

  #settle(settle: () => void, streams = false, note?: CallNote): void {
    this.#state = { kind: 'settled', streams };
    settle();
    // They would keep the answer in memory for as long as a stream, or a socket, keeps this race.
    this.#resolve = this.#reject = ignore;
    if (streams) return;
    this.#stopListening?.();
    const answered = this.#log.attempts.some(({ state }) => state.kind === 'answered');
    this.#report(answered, note);
  }

  #report(answered: boolean, note?: CallNote): void {
    const { modelType } = this.call;
    const attempts = this.#log.records();
    const { clock } = this.rules;
    const durationMs = clock.now() - this.startedAt;
    const call: CallRecord = { id: this.callId, modelType, endedAt: clock.wallNow(), durationMs, answered, attempts };
    if (this.call.drill) call.drill = true;
    this.rules.onCallEnded(note ? { ...call, ...note } : call);
  }
}
