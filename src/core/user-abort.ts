import { listen, type SignalLike } from './abort-listeners.js';
import { read } from './classify/foreign.js';

/** The names under which callers pass a signal: core 1.x's, and that of core 2.x. */
export const SIGNAL_NAMES = ['abortSignal', 'signal'] as const;

/** What the params of a call have under those names. */
export function signalsIn(params: unknown): unknown[] {
  return SIGNAL_NAMES.map((name) => read(params, name));
}

/** The caller's wish to stop a call: any of the signals in its params and in the streaming context. */
export class UserAbort {
  private constructor(private readonly signals: readonly SignalLike[]) {}

  /** @param candidates signals, or anything else, which is left out. */
  static of(candidates: readonly unknown[]): UserAbort {
    const signals = candidates.filter(isSignal);
    return new UserAbort(signals.length > 1 ? [...new Set(signals)] : signals);
  }

  /** False when the caller passed no signal. */
  get possible(): boolean {
    return this.signals.length > 0;
  }

  get aborted(): boolean {
    return this.signals.some(({ aborted }) => aborted);
  }

  get reason(): unknown {
    const { reason } = this.signals.find(({ aborted }) => aborted) ?? {};
    // Some polyfills have no reason.
    return reason ?? new DOMException('This operation was aborted', 'AbortError');
  }

  /** One signal for handlers that take one; undefined when there is none. */
  get signal(): AbortSignal | undefined {
    const [first, second] = this.signals;
    if (!first || (!second && first instanceof AbortSignal)) return first as AbortSignal | undefined;
    const controller = new AbortController();
    if (this.aborted) controller.abort(this.reason);
    else this.#forwardTo(controller);
    return controller.signal;
  }

  /** Forwards the abort for as long as the controller's signal is in use: the user's signals may outlive it by far. */
  #forwardTo(controller: AbortController): void {
    controllers.set(controller.signal, controller);
    const forwarded = new WeakRef(controller);
    unused.register(
      controller,
      this.onAbort(() => forwarded.deref()?.abort(this.reason)),
    );
  }

  /** Calls `listener` once when the first of the signals fires. @returns how to stop listening. */
  onAbort(listener: () => void): () => void {
    if (this.signals.length === 0) return () => {};
    const removals = this.signals.map((signal) => listen(signal, run));
    function stop() {
      for (const remove of removals) remove();
    }
    function run() {
      stop();
      listener();
    }
    return stop;
  }
}

/** Keeps the controller of a signal for as long as the signal. */
const controllers = new WeakMap<AbortSignal, AbortController>();

const unused = new FinalizationRegistry<() => void>((stopListening) => stopListening());

function isSignal(value: unknown): value is SignalLike {
  return typeof read(value, 'aborted') === 'boolean' && typeof read(value, 'addEventListener') === 'function';
}
