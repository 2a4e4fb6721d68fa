/** Events in virtual time, by whole milliseconds; those of one millisecond run in the order in which they were added. */
export class EventQueue {
  #now = 0;
  readonly #slots = new Map<number, (() => void)[]>();

  get now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): void {
    const at = this.#now + Math.max(0, Math.round(delayMs));
    const slot = this.#slots.get(at);
    if (slot) slot.push(run);
    else this.#slots.set(at, [run]);
  }

  runUntil(endMs: number): void {
    for (; this.#now < endMs; this.#now++) {
      // Events may add more to the millisecond that is running.
      for (const run of this.#slots.get(this.#now) ?? []) run();
      this.#slots.delete(this.#now);
    }
  }
}
