import type { StopSignal } from '../timeout.js';

/** Parked items for each of the limit: past that, the one that was parked first is discarded for the next caller. */
const PARKED_PER_PLACE = 3;

interface Waiter<T> {
  give(item: T): void;
  refuse(error: unknown): void;
}

/**
 * A pool of items, created on demand, of which at most `limit` are in use at once. When all are, callers wait in order; a
 * caller that is stopped leaves the queue at once.
 *
 * An item whose user pauses can be parked: it stays with its user, and its place goes to another caller.
 */
export class Bulkhead<T> {
  /** Last in, first out: the socket used last is the most likely to be open, and the others can close. */
  readonly #free: T[] = [];
  readonly #waiting = new Set<Waiter<T>>();
  readonly #items = new Set<T>();
  /** The one that was parked first is first. */
  readonly #parked = new Set<T>();
  #closedBy: unknown;
  #onIdle: (() => void) | undefined;

  /** @param discard ends an item that is not needed any more. If it is in use, its user releases it. */
  constructor(
    private places: number,
    private readonly create: () => T,
    private readonly discard: (item: T) => void = () => {},
  ) {}

  /** Items in use at once. Below the number in use, none is given until enough are back. */
  get limit(): number {
    return this.places;
  }

  set limit(limit: number) {
    this.places = limit;
    this.#serve();
  }

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
    return this.#take() ?? this.#wait(stop);
  }

  release(item: T): void {
    this.#parked.delete(item);
    this.#putBack(item);
    this.#serve();
    if (this.#free.length === this.#items.size) this.#onIdle?.();
  }

  /** Gives the place of an item in use to another caller. The item must still be released. */
  park(item: T): void {
    if (!this.#items.has(item)) return;
    this.#parked.add(item);
    this.#serve();
  }

  /** Its user goes on. Until enough others are released, more than `limit` are in use. */
  unpark(item: T): void {
    this.#parked.delete(item);
  }

  /** Refuses all callers with `error` from now on. Resolves when every item has been released. */
  async close(error: unknown): Promise<void> {
    this.#closedBy = error;
    for (const waiter of this.#waiting) waiter.refuse(error);
    if (this.#free.length === this.#items.size) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Every item, in use or not. */
  get all(): readonly T[] {
    return [...this.#items];
  }

  #putBack(item: T): void {
    // It was discarded while it was parked.
    if (!this.#items.has(item)) return;
    // Parking has made more items than there are places.
    if (this.#items.size - this.#parked.size > this.limit) {
      this.#items.delete(item);
      this.discard(item);
    } else this.#free.push(item);
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      const item = this.#take();
      if (item === undefined) return;
      waiter.give(item);
    }
  }

  /** @returns undefined when every place is taken. */
  #take(): T | undefined {
    const inUse = this.#items.size - this.#parked.size - this.#free.length;
    if (inUse >= this.limit) return undefined;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#discardParked();
    const item = this.create();
    this.#items.add(item);
    return item;
  }

  #discardParked(): void {
    const [first] = this.#parked;
    if (first === undefined || this.#parked.size <= this.limit * PARKED_PER_PLACE) return;
    this.#parked.delete(first);
    this.#items.delete(first);
    this.discard(first);
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
