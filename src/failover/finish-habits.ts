/** So many complete streams in a row without a normal finish, and none with one, show that a provider reports no better. */
const BELIEVED_AFTER = 3;

/**
 * How the streams of one provider finish, for one model type. The AI SDK reports `other` or `unknown` for a stream that
 * simply stopped, but also for each stream of a server that reports no reason.
 */
export class FinishHabits {
  #hasFinishedNormally = false;
  #inRow = 0;

  finishedNormally(): void {
    this.#hasFinishedNormally = true;
  }

  /**
   * A stream with text has ended without a normal finish, and nothing else went wrong.
   * @returns whether it counts as complete.
   */
  believes(): boolean {
    if (this.#hasFinishedNormally) return false;
    this.#inRow++;
    return this.#inRow >= BELIEVED_AFTER;
  }
}
