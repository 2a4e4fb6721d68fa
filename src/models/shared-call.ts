/**
 * One piece of work that several callers wait for. Each of them may leave by its own signal without disturbing the
 * others; the work is told when the last one has left.
 */
export class SharedCall<T> {
  readonly #result: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  #waiting = 0;
  #joined = 0;

  /** @param onAbandoned is called when every caller has left before there was a result. */
  constructor(private readonly onAbandoned: () => void) {
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Those who wait have promises of their own, and there may be nobody left.
    this.#result.catch(() => {});
  }

  /** True once the last caller has left. */
  get abandoned(): boolean {
    return this.#joined > 0 && this.#waiting === 0;
  }

  /** How many callers have joined so far. */
  get joined(): number {
    return this.#joined;
  }

  /** @throws the signal's reason as soon as it fires, whatever becomes of the work. */
  join(signal?: AbortSignal): Promise<T> {
    this.#joined++;
    this.#waiting++;
    if (!signal) return this.#result;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--this.#waiting === 0) this.onAbandoned();
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      const stopListening = () => signal.removeEventListener('abort', leave);
      this.#result.then(
        (value) => {
          stopListening();
          resolve(value);
        },
        (error) => {
          stopListening();
          reject(error);
        },
      );
    });
  }

  resolve(value: T): void {
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#reject(error);
  }
}
