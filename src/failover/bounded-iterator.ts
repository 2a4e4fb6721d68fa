import type { Clock, Timer } from '../core/clock.js';
import { isObject } from '../core/is-record.js';
import type { LateWork } from './late-work.js';

export interface Bounds {
  /** Ends a pull at once when it fires. */
  signal: AbortSignal | undefined;
  clock: Clock;
  /** Makes the error of a pull that had no item within the limit, in milliseconds. */
  onIdle(idleMs: number): Error;
  /** Waits for an item that comes too late. */
  late?: LateWork;
  /** An item has come after all, this long after it was asked for, in milliseconds. */
  onLate?(gapMs: number): void;
}

/** What providers put into `textStream`: async iterables, and also arrays, generators and bare iterators. */
export type Pullable<T> = AsyncIterable<T> | Iterable<T> | AsyncIterator<T> | Iterator<T>;

/** How long after its limit an item may come and still be learned from. */
const LATE_MS = 120_000;

/** Pulls an iterator one item at a time; a pull ends within its bounds, whatever the iterator does. */
export class BoundedIterator<T> {
  /** The longest time that an item has taken, in milliseconds. Can be set to 0. */
  longestGapMs = 0;
  /** Longest wait for one item, in milliseconds; 0 = no limit. */
  idleMs = 0;
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  #endPull: ((error: unknown) => void) | undefined;
  #timer: Timer | undefined;
  /** When the pull under way began, on the clock. */
  #waitingSince: number | undefined;
  #state: 'open' | 'idle' | 'stopped' = 'open';
  readonly #onAbort = () => this.#endPull?.(this.bounds.signal?.reason);

  constructor(
    source: Pullable<T>,
    private readonly bounds: Bounds,
  ) {
    this.#iterator = iteratorOf(source);
    bounds.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  next(): Promise<IteratorResult<T>> {
    const { signal, clock } = this.bounds;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      // One listener for all pulls: a promise of the signal raced against each pull would keep them all in memory.
      this.#endPull = reject;
      const since = clock.now();
      this.#waitingSince = since;
      if (this.idleMs > 0 && !this.#timer) this.#setTimer(this.idleMs);
      const fail = (error: unknown) => {
        this.#waitingSince = undefined;
        if (this.#state === 'idle') this.#release();
        reject(error);
      };
      pulled(this.#iterator).then((item) => {
        if (!isObject(item)) return fail(new TypeError('The stream gave something that is no item'));
        const gapMs = clock.now() - since;
        this.#waitingSince = undefined;
        // The end counts too: a model may think, or write tool calls, after its last text.
        if (gapMs > this.longestGapMs) this.longestGapMs = gapMs;
        if (this.#state === 'idle') this.#cameLate(item, gapMs);
        resolve(item);
      }, fail);
    });
  }

  /**
   * Ends a pull that is under way, and tells the source that nothing more is wanted; not awaited, because after a dropped
   * socket that may never settle. A source that was idle for too long gets some time to bring one more item.
   */
  stop(): void {
    const { signal, late } = this.bounds;
    this.#timer?.clear();
    this.#endPull?.(new Error('The stream was closed'));
    if (this.#state !== 'idle' || !late || signal?.aborted) return this.#release();
    this.#timer = late.wait(LATE_MS, () => this.#release());
  }

  /** One timer for all pulls: it compares the clock when it fires. */
  #setTimer(delayMs: number): void {
    this.#timer = this.bounds.clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#waitingSince === undefined || this.#state !== 'open') return;
    const restMs = this.idleMs - (this.bounds.clock.now() - this.#waitingSince);
    if (restMs > 0) return this.#setTimer(restMs);
    this.#state = 'idle';
    this.#endPull?.(this.bounds.onIdle(this.idleMs));
  }

  /** An end says nothing: a server or a proxy closes a stream that hangs, and SDKs report that as its end. */
  #cameLate({ done }: IteratorResult<T>, gapMs: number): void {
    if (!done) this.bounds.onLate?.(gapMs);
    this.#release();
  }

  #release(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#timer?.clear();
    this.bounds.signal?.removeEventListener('abort', this.#onAbort);
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
