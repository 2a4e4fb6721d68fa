/** Counts calls that have not settled. */
export class CallsInFlight {
  #count = 0;
  #whenOver: (() => void) | undefined;

  begin(): void {
    this.#count++;
  }

  readonly end = (): void => {
    this.#count--;
    this.#check();
  };

  /** Calls `run` once no call is under way: at once if none is. */
  whenOver(run: () => void): void {
    this.#whenOver = run;
    this.#check();
  }

  #check(): void {
    if (this.#count > 0) return;
    this.#whenOver?.();
    this.#whenOver = undefined;
  }
}
