import type { CallScope, RouteInScope } from '../core/attempt-scope.js';
import type { ProviderPermit } from '../core/breaker-registry.js';
import { classifyFailure } from '../core/classify-failure.js';
import type { Clock, Timer } from '../core/clock.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import type { ExtensionError } from '../core/errors.js';
import type { ExtensionHooks } from '../core/extension-points.js';
import type { Failure, FailureKind, Silence } from '../core/failure-rules.js';
import type { LearnedWait } from '../core/learned-wait.js';
import { attemptFailure } from './attempt-failure.js';
import { attemptController } from './attempt-signal.js';
import type { Target } from './target.js';
import type { TargetHabits } from './target-habits.js';
import { type InContext, WireTally } from './wire-tally.js';

/** Why a raw stream was cut. */
export interface StreamCut {
  error: unknown;
  /** Its reader takes the text for a whole one (`ELIZANET_ON_INTERRUPTED=keep`). */
  kept: boolean;
}

/** The race that an attempt belongs to, as the attempt sees it. */
export interface AttemptOwner {
  /** The id of the call. */
  readonly callId: string;
  /** When the call began, on the clock. */
  readonly startedAt: number;
  /** Claims the call for this attempt's first output. @returns false when another attempt was first. */
  commit(attempt: Attempt): boolean;
  /** Its raw stream is over. @param cut undefined when it was read to its end, or left by its reader. */
  streamEnded(attempt: Attempt, cut?: StreamCut): void;
  /** The wire shows that the attempt is failing, while its provider still retries. */
  wireFailing(attempt: Attempt, inContext: InContext): void;
}

/** `abandoned`: another attempt was first, or the user aborted. Its late result is only learned from. */
export type AttemptState = { kind: 'running' } | { kind: 'answered' | 'abandoned' | 'failed'; endedAt: number };

export interface AttemptOptions {
  /** 1 for the first attempt of the call. */
  number: number;
  target: Target;
  permit: ProviderPermit;
  owner: AttemptOwner;
  clock: Clock;
  habits(): TargetHabits;
  /** Another attempt, a limit or the user can end it. */
  abortable: boolean;
  /** The call asks for a stream. */
  streams: boolean;
  /** Started because an earlier attempt is silent. */
  hedge: boolean;
  /** The next target is started beside it when it is silent, so its times are learned. */
  watched: boolean;
  /** The call's params. Their text is ignored where an error quotes it. */
  params: unknown;
  classify?: ExtensionHooks['classify'];
}

/** Kinds that an error can state and the wire cannot. */
const SPECIFIC_KINDS: readonly FailureKind[] = ['quota', 'interrupted'];

/** One try of one target for one call. */
export class Attempt implements CallScope {
  state: AttemptState = { kind: 'running' };
  /** Its failure, once it has failed or the wire shows that it is failing. */
  failure: { failure: Failure; knownAt: number } | undefined;
  /** The next target was started while this attempt goes on. */
  overtaken = false;
  /** Nothing came for so long that the next target was started; what was usual then. */
  silence: Silence | undefined;
  /** Why its endpoint was not asked, although its turn had come. */
  skippedFor: string | undefined;
  /** Its provider's handler has been called. */
  entered = false;
  /** Its stream is held back, and may bring tool calls alone, which show no text. */
  mayBringCalls = false;
  /** When the wire first showed it failing, on the clock. */
  failingSince: number | undefined;
  /** Set when a classifier that must not be skipped was at fault: the call fails with it. */
  extensionError: ExtensionError | undefined;
  /** Of the provider's circuit. Replaced when a probe has brought its first text and goes on as a stream. */
  permit: ProviderPermit;
  readonly startedAt: number;
  /** It tests whether its provider is back. */
  readonly probes: boolean;
  /** Since its start. */
  firstOutputMs: number | undefined;
  #hasOutput = false;
  #habits: TargetHabits | undefined;
  readonly #timers = new Set<Timer>();
  #controller: AbortController | undefined;
  #wire: WireTally | undefined;

  constructor(private readonly options: AttemptOptions) {
    this.permit = options.permit;
    this.probes = options.permit.probe;
    this.startedAt = options.clock.now();
  }

  get number(): number {
    return this.options.number;
  }

  get target(): Target {
    return this.options.target;
  }

  get callId(): string {
    return this.owner.callId;
  }

  get owner(): AttemptOwner {
    return this.options.owner;
  }

  get streams(): boolean {
    return this.options.streams;
  }

  /** Started because an earlier attempt is silent. */
  get hedge(): boolean {
    return this.options.hedge;
  }

  get provider(): string {
    return this.target.provider;
  }

  get route(): RouteInScope | undefined {
    const { own, provider, forced = false } = this.target;
    return own ? { name: provider, forced } : undefined;
  }

  get habits(): TargetHabits {
    this.#habits ??= this.options.habits();
    return this.#habits;
  }

  /** What is known of its provider's times to a first output. */
  get firstOutput(): LearnedWait {
    const { plain, stream } = this.habits.firstOutput;
    return this.streams ? stream : plain;
  }

  get elapsedMs(): number {
    return this.options.clock.now() - this.startedAt;
  }

  get isRunning(): boolean {
    return this.state.kind === 'running';
  }

  /**
   * Fires when the attempt's result is no longer needed; undefined when that cannot happen. Created on first use, which
   * costs 10 µs: most handlers never ask for it.
   */
  get signal(): AbortSignal | undefined {
    if (!this.options.abortable) return undefined;
    this.#controller ??= attemptController();
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (!this.options.abortable) return;
    this.#controller ??= attemptController();
    this.#controller.abort(reason);
  }

  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  /** Tallies its HTTP requests. The plugin's own client reports its failures itself. */
  get wire(): WireTally | undefined {
    if (this.target.own) return undefined;
    this.#wire ??= new WireTally(
      () => this.options.clock.now(),
      () => this.isRunning,
      (inContext) => {
        if (this.wireFailure) this.owner.wireFailing(this, inContext);
      },
    );
    return this.#wire;
  }

  /** Set while its requests show that it is failing. */
  get wireFailure(): Failure | undefined {
    return this.#wire?.failing(this.habits.wire);
  }

  /** Bytes are arriving, without text: those of tool calls. */
  get isReceivingCalls(): boolean {
    const lastByteAt = this.mayBringCalls ? this.#wire?.lastByteAt : undefined;
    return lastByteAt !== undefined && this.options.clock.now() - lastByteAt < this.habits.chunkGap.waitMs;
  }

  /** Its last response that began well broke off. */
  get responseBrokeOff(): boolean {
    return this.#wire?.brokeOff ?? false;
  }

  /** One of its requests was answered with a good status. */
  get hasResponse(): boolean {
    return this.#wire?.answered ?? false;
  }

  /** Classifies the error that ended it, completed by the failure that the wire showed, and changed by extensions. */
  failureOf(error: unknown): Failure {
    const { classify, clock, target, params } = this.options;
    const failure = attemptFailure(this, error, params, clock.wallNow());
    if (!classify || failure.kind === 'user_abort' || isExtensionError(error)) return failure;
    try {
      return classify(failure, error, target);
    } catch (fault) {
      if (isExtensionError(fault)) this.extensionError = fault;
      return classifyFailure(fault, clock.wallNow());
    }
  }

  /** Its first output has come, in time or late. */
  noteOutput(): void {
    this.firstOutputMs ??= this.elapsedMs;
    if (this.#hasOutput || !this.options.watched) return;
    this.#hasOutput = true;
    this.firstOutput.learn(this.elapsedMs);
    this.habits.hedges.deposit();
  }

  /** Its provider has answered, in time or late. */
  learnFromAnswer(): void {
    if (this.#wire) this.habits.wire.answered(this.#wire, this.failingSince);
  }

  /** Calls `run` after `delayMs`, unless the attempt has brought an output or ended by then. */
  after(delayMs: number, run: () => void): void {
    const timer = this.options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.own(timer);
  }

  /** Clears the timer when the attempt has brought an output or ends. */
  own(timer: Timer): void {
    this.#timers.add(timer);
  }

  clearTimers(): void {
    for (const timer of this.#timers) timer.clear();
    this.#timers.clear();
  }

  end(kind: 'answered' | 'abandoned' | 'failed'): void {
    this.clearTimers();
    this.state = { kind, endedAt: this.options.clock.now() };
  }

  /** Ends it by an error, which its circuit hears of. */
  fail(error: unknown): Failure {
    const failure = this.failureOf(error);
    this.permit.failure(failure);
    this.noteFailure(failure);
    this.end('failed');
    return failure;
  }

  /** Notes a failure, known since the first one. */
  noteFailure(failure: Failure): void {
    const knownAt = this.failure?.knownAt ?? this.options.clock.now();
    // Its own word replaces what the wire showed, when that says more.
    if (!this.failure || SPECIFIC_KINDS.includes(failure.kind)) this.failure = { failure, knownAt };
  }
}

function isExtensionError(error: unknown): error is ExtensionError {
  return isElizaNetError(error) && error.code === 'EXTENSION_FAILED';
}
