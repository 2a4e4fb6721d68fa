import { collectGarbage as collect } from '../src/suites/collect-garbage.js';

/** Runs the garbage collector, then yields so that finalizers can run. */
export async function collectGarbage(): Promise<void> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
}
