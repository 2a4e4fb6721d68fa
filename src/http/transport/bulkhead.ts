import type { StopSignal } from '../timeout.js';

interface Waiter<T> {
  give(item: T): void;
  refuse(error: unknown): void;
}

/**
 * A pool of at most `limit` items, created on demand. When all are in use, callers wait in order; a caller that is stopped
 * leaves the queue at once.
 */
export class Bulkhead<T> {
  /** Last in, first out: the socket used last is the most likely to be open, and the others can close. */
  readonly #free: T[] = [];
  readonly #waiting = new Set<Waiter<T>>();
  readonly #items: T[] = [];
  #closedBy: unknown;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly limit: number,
    private readonly create: () => T,
  ) {}

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Takes an item, which must be released.
   * @returns the item itself when one is free, a promise otherwise.
   * @throws the reason of `stop` when it stops, or the error that `close` was given.
   */
  acquire(stop: StopSignal): T | Promise<T> {
    if (this.#closedBy !== undefined) throw this.#closedBy;
    if (stop.stopped) throw stop.reason;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#items.length < this.limit) {
      const item = this.create();
      this.#items.push(item);
      return item;
    }
    return this.#wait(stop);
  }

  release(item: T): void {
    const [next] = this.#waiting;
    if (next) return next.give(item);
    this.#free.push(item);
    if (this.#free.length === this.#items.length) this.#onIdle?.();
  }

  /** Refuses all callers with `error` from now on. Resolves when every item has been released. */
  async close(error: unknown): Promise<void> {
    this.#closedBy = error;
    for (const waiter of this.#waiting) waiter.refuse(error);
    if (this.#free.length === this.#items.length) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Every item, in use or not. */
  get all(): readonly T[] {
    return this.#items;
  }

  #wait(stop: StopSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        stop.remove(onStop);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter<T> = {
        give(item) {
          leave();
          resolve(item);
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      const onStop = () => waiter.refuse(stop.reason);
      stop.add(onStop);
      this.#waiting.add(waiter);
    });
  }
}
