import type { Clock, Timer } from '../core/clock.js';

/** How long a stream may wait for its reader before its place goes to another request. */
const PARK_AFTER_MS = 250;

/** The place of a connection among those in use. */
export interface Place {
  /** Gives the place to another request. The connection stays open. */
  park(): void;
  unpark(): void;
}

/**
 * Parks the connection of a stream while its reader pauses, so that streams that are not read do not keep other requests
 * waiting.
 */
export class StreamPlace {
  #timer: Timer | undefined;
  #pausedAt: number | undefined;
  #isParked = false;

  constructor(
    private readonly clock: Clock,
    private readonly place: Place,
  ) {}

  /** The reader has all events that have arrived. A timer that is running is left alone, as in `TimeoutController`. */
  pause(): void {
    this.#pausedAt = this.clock.now();
    if (!this.#timer) this.#set(PARK_AFTER_MS);
  }

  /** The reader waits for the next event. */
  resume(): void {
    this.#pausedAt = undefined;
    if (!this.#isParked) return;
    this.#isParked = false;
    this.place.unpark();
  }

  /** To be called when the stream is over. */
  clear(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#pausedAt = undefined;
  }

  #set(delayMs: number): void {
    this.#timer = this.clock.after(delayMs, () => this.#check());
    // Other requests keep the process alive themselves.
    this.#timer.unref?.();
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#pausedAt === undefined) return;
    const remainingMs = PARK_AFTER_MS - (this.clock.now() - this.#pausedAt);
    if (remainingMs > 0) return this.#set(remainingMs);
    this.#isParked = true;
    this.place.park();
  }
}
