/** Does work that yields now and then. @returns what the work returns, and how often it has yielded. */
export function countYields<T>(work: Generator<void, T>): { yields: number; value: T } {
  for (let yields = 0; ; yields++) {
    const step = work.next();
    if (step.done) return { yields, value: step.value };
  }
}
