import { randomUUID } from 'node:crypto';
import { runInScope } from '../core/attempt-scope.js';
import type { ProviderPermit } from '../core/breaker-registry.js';
import { type ProviderError, primaryTimeout } from '../core/failover-errors.js';
import type { CallNote } from '../observe/call-record.js';
import { Attempt, type AttemptOwner, type StreamCut } from './attempt.js';
import { AttemptLog } from './attempt-log.js';
import type { AttemptSource, RaceControls } from './attempt-source.js';
import { CallEnd } from './call-end.js';
import { CallVerdict } from './call-verdict.js';
import { isTextStreamResult } from './core-compat.js';
import { whenFailing } from './early-failover.js';
import { lastResort } from './last-resort.js';
import { abandon, answeredLate, failedLate, withdraw } from './loser.js';
import type { RaceCall } from './race-call.js';
import { isWatched, primaryLimitMs, type RaceRules } from './race-rules.js';
import { watchSilence } from './silence-watch.js';
import type { Target } from './target.js';
import { TargetQueue } from './target-queue.js';
import type { InContext } from './wire-tally.js';

type RaceState =
  /** No output yet. */
  | { kind: 'asking' }
  /** The attempt's first text was delivered; core joins the rest. */
  | { kind: 'committed'; attempt: Attempt }
  /** `useModel` has settled; a raw stream may go on. */
  | { kind: 'settled' };

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
  /** Longest wait for a primary's first output, in milliseconds; 0 = no limit. */
  readonly #limitMs: number;
  readonly #log: AttemptLog;
  readonly #source: AttemptSource;
  /** Chunks of a cut stream were delivered: a later attempt must deliver none. */
  #quiet = false;
  /** How the committed stream has ended, before `useModel` has settled. */
  #ended: { cut?: StreamCut } | undefined;
  readonly #verdict: CallVerdict;
  readonly #end: CallEnd;

  constructor(
    private readonly call: RaceCall,
    private readonly rules: RaceRules,
  ) {
    this.startedAt = rules.clock.now();
    this.#source =
      call.source?.(this) ??
      new TargetQueue(call.targets, rules.breakers, (target, permit) => this.start(target, permit), call.sortOwn);
    this.#log = new AttemptLog(call.modelType, call.targets, this.#source);
    this.#verdict = new CallVerdict(call, rules, this.#log, this.#source);
    this.#end = new CallEnd(call, rules, this.#log, this);
    this.#limitMs = primaryLimitMs(rules, call.modelType);
  }

  get callId(): string {
    this.#callId ??= randomUUID();
    return this.#callId;
  }

  run(): Promise<unknown> {
    const promise = this.#end.promise();
    this.#safely(() => {
      const { userAbort } = this.call;
      if (userAbort.aborted) return this.#end.refuse(userAbort.reason);
      this.#end.listen(() => this.#safely(() => this.#userAborted()));
      if (!this.#startNext()) this.#giveUp();
    });
    return promise;
  }

  /** A fault of the race itself rejects the call: no call may stay unsettled. */
  #safely(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (this.#state.kind !== 'settled') this.#reject(error);
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
    const { params, streams, targets, userAbort } = this.call;
    const abortable = !target.own || targets.length > 1 || userAbort.possible;
    const habits = () => habitsOf(target);
    const watched = isWatched(target, targets);
    const how = { abortable, streams, hedge: this.#hedging, params, classify, watched };
    const attempt = new Attempt({ number: this.#log.nextNumber, target, permit, owner: this, clock, habits, ...how });
    this.#log.begun(attempt);
    if (watched) this.#watch(attempt);
    return attempt;
  }

  #watch(attempt: Attempt): void {
    watchSilence(attempt, {
      rules: this.rules,
      limitMs: attempt.target.own ? 0 : this.#limitMs,
      startNext: () => this.#safely(() => this.#startBeside(attempt, true)),
      giveUp: () => this.#safely(() => this.#timedOut(attempt)),
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
    return this.#state.kind === 'asking' ? this.#verdict.final : undefined;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  exhausted(failed?: ProviderError): void {
    this.#safely(() => {
      if (this.#state.kind !== 'asking') return;
      if (failed) this.#verdict.otherError(failed);
      this.#continue();
    });
  }

  #timedOut(attempt: Attempt): void {
    const error = primaryTimeout(attempt.provider, this.#limitMs, 'response');
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
      this.#state = { kind: 'committed', attempt };
      attempt.clearTimers();
      attempt.noteOutput();
      if (attempt.target.own) this.rules.onOwnOutput?.(attempt.target, attempt.elapsedMs);
      for (const other of this.#log.attempts) {
        if (other !== attempt && other.isRunning) abandon(other, other.target.own ? 0 : this.#limitMs, this.rules.late);
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
    this.#state = { kind: 'settled' };
    this.#end.resolve(value, streams);
    if (ended) this.streamEnded(attempt, ended.cut);
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
    const failure = attempt.fail(thrown);
    const error = attempt.extensionError ?? thrown;
    if (this.#state.kind === 'settled') return;
    if (this.#state.kind === 'committed') {
      if (this.#state.attempt !== attempt) return;
      this.#state = { kind: 'asking' };
      this.#quiet = true;
      for (const target of this.#log.worthAnotherTry(attempt)) this.#source.askAgain(target);
    }
    this.#verdict.attemptFailed(attempt, failure, error);
    this.#continue(attempt);
  }

  /** After a failure: asks the next target, waits for those under way, or gives up. */
  #continue(failed?: Attempt): void {
    if (this.#state.kind !== 'asking' || this.#source.isBusy) return;
    const verdict = this.#verdict.final;
    const running = this.#log.isAnyRunning;
    const replaced = failed?.overtaken && running;
    if (!verdict && !replaced && this.#startNext()) return;
    if (!running) this.#giveUp();
  }

  #userAborted(): void {
    const { reason } = this.call.userAbort;
    for (const attempt of this.#log.attempts) withdraw(attempt, reason);
    if (this.#state.kind !== 'settled') this.#reject(reason, { aborted: true });
    else if (this.#end.endStream()) this.#end.report(true);
  }

  // A raw stream, after `useModel` has resolved

  streamEnded(attempt: Attempt, cut?: StreamCut): void {
    // core 2.x reads the promises of a stream at once, and so the stream, before it gives it to the caller.
    if (this.#state.kind === 'committed') this.#ended = { cut };
    if (!this.#end.endStream()) return;
    if (!cut) attempt.permit.success();
    // Its reader has an answer: only the circuit hears of the failure.
    else if (cut.kept) attempt.permit.failure(attempt.failureOf(cut.error));
    else attempt.fail(cut.error);
    this.#end.report(!cut || cut.kept);
  }

  // How the call ends

  #giveUp(): void {
    const { final, refusal } = this.#verdict;
    if (!final && this.#log.errors.length === 0) this.#log.noteOpenCircuit(this.rules.breakers);
    const decided = refusal ?? final;
    if (decided) return this.#reject(decided.error);
    const errors = this.#log.errors.map(({ error }) => error);
    const resort = lastResort(this.call, this.rules, errors, this.#quiet);
    if (!resort) return this.#reject(this.#log.errorOfAll());
    // First: a callback that receives the text as a chunk can abort the call.
    this.#state = { kind: 'settled' };
    this.#end.resolve(resort.serve(), false, resort.note);
    if (this.#quiet) this.call.endStream?.();
  }

  #reject(error: unknown, note?: CallNote): void {
    this.#state = { kind: 'settled' };
    this.#end.reject(error, note);
  }
}
