/** Counts calls that have not settled. */
export class CallsInFlight {
  #count = 0;
  #whenOver: (() => void) | undefined;

  add<T>(call: Promise<T>): Promise<T> {
    this.#count++;
    call.then(this.#ended, this.#ended);
    return call;
  }

  /** Calls `run` once no call is under way: at once if none is. */
  whenOver(run: () => void): void {
    this.#whenOver = run;
    this.#check();
  }

  readonly #ended = () => {
    this.#count--;
    this.#check();
  };

  #check(): void {
    if (this.#count > 0) return;
    this.#whenOver?.();
    this.#whenOver = undefined;
  }
}
