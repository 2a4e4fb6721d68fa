import type { StopSignal } from '../timeout.js';

interface Waiter<T> {
  give(item: T): void;
  refuse(error: unknown): void;
}

/**
 * Lends out a limited number of things, made when they are first needed. Who finds none free waits in line; an aborted
 * waiter leaves it at once.
 */
export class Bulkhead<T> {
  /** The one that came back last goes first: its socket is the most likely to be open, and the others may close. */
  readonly #free: T[] = [];
  readonly #line = new Set<Waiter<T>>();
  readonly #made: T[] = [];
  #closedBy: unknown;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly limit: number,
    private readonly make: () => T,
  ) {}

  get waitingCount(): number {
    return this.#line.size;
  }

  /**
   * @returns the thing itself when one is free, so that the usual case costs no turn of the queue.
   * @throws the signal's reason when it stops; what `close` was given, once it was called.
   */
  acquire(stop: StopSignal): T | Promise<T> {
    if (this.#closedBy !== undefined) throw this.#closedBy;
    if (stop.stopped) throw stop.reason;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made.length < this.limit) {
      const made = this.make();
      this.#made.push(made);
      return made;
    }
    return this.#wait(stop);
  }

  release(item: T): void {
    const [next] = this.#line;
    if (next) return next.give(item);
    this.#free.push(item);
    if (this.#free.length === this.#made.length) this.#onIdle?.();
  }

  /** From now on nothing is lent. @returns when the last one has come back. */
  async close(error: unknown): Promise<void> {
    this.#closedBy = error;
    for (const waiter of this.#line) waiter.refuse(error);
    if (this.#free.length === this.#made.length) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Everything that was ever made, lent or not. */
  get all(): readonly T[] {
    return this.#made;
  }

  #wait(stop: StopSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        stop.remove(onStop);
        this.#line.delete(waiter);
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
      this.#line.add(waiter);
    });
  }
}
