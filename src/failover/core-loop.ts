import { type CallScope, runInScope } from '../core/attempt-scope.js';
import type { BreakerRegistry, ProviderPermit } from '../core/breaker-registry.js';
import { errorNodes } from '../core/classify/error-nodes.js';
import type { UserAbort } from '../core/user-abort.js';
import type { Attempt } from './attempt.js';
import type { AttemptSource, RaceControls } from './attempt-source.js';
import type { SortOwn } from './line-up.js';
import { asLoopError, openCircuit } from './loop-error.js';
import type { Target } from './target.js';

export interface CoreLoopCall {
  /** Asks core, which goes through the registrations itself. `quiet`: chunks of a cut stream were delivered. */
  ask(quiet: boolean): Promise<unknown>;
  /** Calls ElizaNet's handler in place of a provider that has failed. */
  standIn(own: Target, call: () => Promise<unknown>): Promise<unknown>;
  targets: readonly Target[];
  /** See `LineUp`. */
  sortOwn: SortOwn | undefined;
  /** The call rehearses an outage: ElizaNet is asked before core. */
  drill: boolean;
  breakers: BreakerRegistry;
  userAbort: UserAbort;
}

interface Permitted {
  target: Target;
  permit: ProviderPermit;
}

/**
 * Leaves the order of a call to a core that fails over itself: core is asked once, unpinned, and each handler that it
 * calls is an attempt. What makes an attempt fail that core would take for an answer, or wait for, or give up on, is told
 * to core as an error that it fails over on.
 *
 * ElizaNet is the last of core's registrations. It is also asked by calls of its own, each endpoint at most once for
 * both: beside a primary that is failing or slow, and when core has ended a call that ElizaNet can still answer.
 */
export class CoreLoop implements AttemptSource, CallScope {
  readonly #skipped: Target[] = [];
  /** Core's call is under way. */
  #isBusy = false;
  #hasAsked = false;
  /** It delivers no chunks. */
  #isQuiet = false;
  /** Of the handler that core called last. */
  #current: Attempt | undefined;
  /** How ElizaNet's last attempt goes on; undefined until it is asked. */
  #own: Promise<unknown> | undefined;
  /** Routes to own endpoints that were not asked. core knows one registration for all of them. */
  #routes: Target[];
  #isSorted = false;
  /** What core was told of each target that has failed. */
  readonly #errors = new Map<string, unknown>();
  /** All errors that core was told. */
  readonly #told: unknown[] = [];
  /** Circuits are not heeded: all others have failed. */
  #forced = false;

  constructor(
    private readonly race: RaceControls,
    private readonly call: CoreLoopCall,
  ) {
    this.#routes = call.targets.filter(({ own }) => own);
  }

  get signal(): AbortSignal | undefined {
    return this.call.userAbort.signal;
  }

  get #first(): Target {
    const { targets } = this.call;
    return targets.find(({ own }) => !own) ?? (targets[0] as Target);
  }

  get skipped(): readonly Target[] {
    return this.#skipped;
  }

  /** A call whose handler has lost brings nothing more, and may never end. */
  get isBusy(): boolean {
    return this.#isBusy && this.#current?.state.kind !== 'abandoned';
  }

  get isEmpty(): boolean {
    const left = [...this.#routes, ...this.#skipped];
    return this.#hasAsked && left.every(({ provider }) => this.call.breakers.isIsolated(provider));
  }

  /** core may have pins: the first that it asks need not be the first of the targets. */
  isFirst({ number }: Attempt): boolean {
    return number === 1 && this.#skipped.every(({ own }) => own);
  }

  startNext(running: boolean): boolean {
    if (!this.#hasAsked && this.call.drill && this.#startOwn(false)) return true;
    if (!this.#hasAsked) return this.#askCore();
    if (this.#startOwn(false)) return true;
    if (running || this.#isBusy) return false;
    if (!this.#forced && this.#skipped.some(({ own }) => !own)) {
      this.#forced = true;
      return this.#askCore();
    }
    return this.call.targets.length > 1 && this.#startOwn(true);
  }

  askAgain(target: Target): void {
    if (target.own) this.#routes.push(target);
  }

  // Core's call

  #askCore(): true {
    this.#hasAsked = this.#isBusy = true;
    this.#current = undefined;
    this.#isQuiet = this.race.quiet;
    const ask = async () => runInScope(this, () => this.call.ask(this.#isQuiet));
    ask().then(
      (value) => this.#answered(value),
      (error) => this.#ended(error),
    );
    return true;
  }

  #answered(value: unknown): void {
    this.#isBusy = false;
    const { provider, modelType } = this.#first;
    // Without an attempt, a wrapper of `useModel` has answered itself: in place of the first provider.
    const attempt = this.#current ?? this.race.begin(this.#first, this.call.breakers.force(provider, modelType));
    this.race.answered(attempt, value);
  }

  /** core has ended the call with an error: of a handler, of what it makes of a handler's result, or of its own. */
  #ended(error: unknown): void {
    this.#isBusy = false;
    if (this.#current?.isRunning) return this.race.failed(this.#current, error);
    const isHandlers = errorNodes(error).some((node) => this.#told.includes(node));
    this.race.exhausted(isHandlers ? undefined : { provider: this.#first.provider, error });
  }

  // What core asks

  /**
   * core calls a handler.
   * @param handle calls the handler itself, in the scope of its attempt.
   */
  async visit(target: Target, handle: (attempt: Attempt) => Promise<unknown>): Promise<unknown> {
    return this.#visit(target, handle);
  }

  #visit(target: Target, handle: (attempt: Attempt) => Promise<unknown>): Promise<unknown> {
    this.#releaseCurrent();
    if (!this.race.isAsking || this.race.quiet !== this.#isQuiet) throw new Error('another provider answered first');
    const { verdict } = this.race;
    if (target.own && verdict) throw this.#tell(verdict.error);
    if (this.#errors.has(keyOf(target))) throw this.#errors.get(keyOf(target));
    if (target.own && this.#own) return this.#shared(this.#own);
    const asked = target.own ? this.#takeRoute(this.#forced) : this.#permitted(target, this.#forced);
    if (!asked) throw this.#tell(openCircuit(target));
    const attempt = this.race.begin(asked.target, asked.permit);
    this.#current = attempt;
    if (!target.own) return this.#run(attempt, handle);
    const isFirst = attempt.number === 1 && this.#skipped.length === 0;
    this.#own = this.#run(attempt, (attempt) =>
      isFirst ? handle(attempt) : this.call.standIn(attempt.target, () => handle(attempt)),
    );
    return this.#own;
  }

  /** core has not accepted a result, and goes on. */
  #releaseCurrent(): void {
    const attempt = this.#current;
    if (!attempt?.isRunning) return;
    attempt.permit.release();
    attempt.end('abandoned');
  }

  /** Ends with the attempt, even if its handler ignores the signal: core would wait for it. */
  #run(attempt: Attempt, handle: (attempt: Attempt) => Promise<unknown>): Promise<unknown> {
    const { signal, target } = attempt;
    const outcome = new Promise((resolve, reject) => {
      const end = (error: unknown) => {
        const told = asLoopError(error, attempt, this.race.verdict);
        this.#errors.set(keyOf(target), told);
        reject(this.#tell(told));
      };
      signal?.addEventListener('abort', () => end(signal.reason), { once: true });
      const call = async () => runInScope(attempt, () => handle(attempt));
      call().then(resolve, (error) => {
        this.race.failed(attempt, error);
        end(error);
      });
    });
    // core handles it. A core that has stopped waiting does not, and the rejection would end the process.
    outcome.catch(() => {});
    return outcome;
  }

  #tell<T>(error: T): T {
    this.#told.push(error);
    return error;
  }

  /** ElizaNet has been asked by a call of its own: its answer is delivered there. */
  async #shared(own: Promise<unknown>): Promise<never> {
    try {
      await own;
    } catch (error) {
      throw this.#tell(error);
    }
    // Or its stream was cut since, and the race goes on.
    throw this.#tell(new Error('another provider answered first'));
  }

  // ElizaNet's own calls

  /** @param force heeds no circuit. */
  #startOwn(force: boolean): boolean {
    const asked = this.#takeRoute(force);
    if (asked) this.#own = this.race.start(asked.target, asked.permit);
    return asked !== undefined;
  }

  /** The next endpoint to ask. One whose circuit is open keeps its place. */
  #takeRoute(force: boolean): Permitted | undefined {
    if (!this.#isSorted && this.call.sortOwn) this.#routes = this.call.sortOwn(this.#routes);
    this.#isSorted = true;
    for (const [at, target] of this.#routes.entries()) {
      const asked = this.#permitted(target, force);
      if (!asked) continue;
      this.#routes.splice(at, 1);
      return asked;
    }
    return undefined;
  }

  #permitted(target: Target, force: boolean): Permitted | undefined {
    const permit = this.#acquire(target, force);
    return permit && { target, permit };
  }

  #acquire(target: Target, force: boolean): ProviderPermit | undefined {
    const { breakers } = this.call;
    const { provider, modelType } = target;
    const at = this.#skipped.findIndex((other) => keyOf(other) === keyOf(target));
    const permit =
      breakers.tryAcquire(provider, modelType) ??
      (force && !breakers.isIsolated(provider) ? breakers.force(provider, modelType) : undefined);
    if (permit && at >= 0) this.#skipped.splice(at, 1);
    if (!permit && at < 0) {
      this.#skipped.push(breakers.isIsolated(provider) ? { ...target, skippedFor: 'isolated' } : target);
    }
    return permit;
  }
}

function keyOf({ provider, modelType }: Target): string {
  return `${provider} ${modelType}`;
}
