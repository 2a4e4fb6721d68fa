import type { Clock } from '../core/clock.js';

export interface Bounds {
  /** Ends a pull at once when it fires. */
  signal: AbortSignal | undefined;
  clock: Clock;
  /** Longest wait for one item, in milliseconds; 0 = no limit. */
  idleMs: number;
  onIdle(): Error;
}

/** What providers put into `textStream`: async iterables, and also arrays, generators and bare iterators. */
export type Pullable<T> = AsyncIterable<T> | Iterable<T> | AsyncIterator<T> | Iterator<T>;

/** Pulls an iterator one item at a time; a pull ends within its bounds, whatever the iterator does. */
export class BoundedIterator<T> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  #endPull: ((error: unknown) => void) | undefined;
  readonly #onAbort = () => this.#endPull?.(this.bounds.signal?.reason);

  constructor(
    source: Pullable<T>,
    private readonly bounds: Bounds,
  ) {
    this.#iterator = iteratorOf(source);
    bounds.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  next(): Promise<IteratorResult<T>> {
    const { signal, clock, idleMs, onIdle } = this.bounds;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      // One listener for all pulls: a promise of the signal raced against each pull would keep them all in memory.
      const timer = idleMs > 0 ? clock.after(idleMs, () => reject(onIdle())) : undefined;
      const fail = (error: unknown) => {
        timer?.clear();
        reject(error);
      };
      this.#endPull = fail;
      pulled(this.#iterator).then((item) => {
        timer?.clear();
        resolve(item);
      }, fail);
    });
  }

  /** Ends a pull that is under way, and tells the source that nothing more is wanted. Not awaited: after a dropped socket it may never settle. */
  stop(): void {
    this.bounds.signal?.removeEventListener('abort', this.#onAbort);
    this.#endPull?.(new Error('The stream was closed'));
    const returned = async () => this.#iterator.return?.();
    returned().catch(() => {});
  }
}

/** A `next()` that throws or returns a plain object is a promise of the same. */
async function pulled<T>(iterator: AsyncIterator<T> | Iterator<T>): Promise<IteratorResult<T>> {
  return iterator.next();
}

function iteratorOf<T>(source: Pullable<T>): AsyncIterator<T> | Iterator<T> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return Symbol.iterator in source ? source[Symbol.iterator]() : source;
}
