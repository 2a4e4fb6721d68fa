import { listen } from '../core/abort-listeners.js';

/**
 * One operation that several callers wait for. Each caller can leave by its own signal without affecting the others;
 * when the last one has left, the operation is notified and can be cancelled.
 */
export class SharedCall<T> {
  readonly #result: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  #waiting = 0;
  #joined = 0;

  /** @param onAbandoned called when every caller has left before the result. */
  constructor(private readonly onAbandoned: () => void) {
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Callers hold promises of their own, and all of them may have left.
    this.#result.catch(() => {});
  }

  /** True once the last caller has left. */
  get abandoned(): boolean {
    return this.#joined > 0 && this.#waiting === 0;
  }

  /** Number of callers that have joined so far. */
  get joined(): number {
    return this.#joined;
  }

  /** @throws the signal's reason as soon as it fires; the operation goes on for the other callers. */
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
      const stopListening = listen(signal, leave);
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
