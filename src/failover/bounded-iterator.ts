import type { Clock } from '../core/clock.js';

export interface Bounds {
  /** Ends a pull at once when it fires. */
  signal: AbortSignal;
  clock: Clock;
  /** Longest wait for one item, in milliseconds; 0 = no limit. */
  idleMs: number;
  onIdle(): Error;
}

/** Pulls an async iterator one item at a time; a pull ends within its bounds, whatever the iterator does. */
export class BoundedIterator<T> {
  readonly #iterator: AsyncIterator<T>;
  #rejectPull: ((error: unknown) => void) | undefined;
  readonly #onAbort = () => this.#rejectPull?.(this.bounds.signal.reason);

  constructor(
    source: AsyncIterable<T>,
    private readonly bounds: Bounds,
  ) {
    this.#iterator = source[Symbol.asyncIterator]();
    bounds.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  next(): Promise<IteratorResult<T>> {
    const { signal, clock, idleMs, onIdle } = this.bounds;
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      // One listener for all pulls: racing each against a promise of the signal would keep them all in memory.
      this.#rejectPull = reject;
      const timer = idleMs > 0 ? clock.after(idleMs, () => reject(onIdle())) : undefined;
      this.#iterator.next().then(
        (item) => {
          timer?.clear();
          resolve(item);
        },
        (error) => {
          timer?.clear();
          reject(error);
        },
      );
    });
  }

  /** Tells the source that nothing more is wanted. Not awaited: after a dropped socket it may never settle. */
  stop(): void {
    this.bounds.signal.removeEventListener('abort', this.#onAbort);
    this.#iterator.return?.()?.then(undefined, () => {});
  }
}
