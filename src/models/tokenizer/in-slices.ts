/** Resolves when everything else that waits has had its turn. */
export type Pause = () => Promise<void>;

/**
 * Does long work without keeping everything else from its turn: where the work yields, it waits for a pause.
 * @returns what the work returns, at once when it never yields.
 */
export async function inSlices<T>(work: Generator<void, T>, pause: Pause): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await pause();
  }
}
