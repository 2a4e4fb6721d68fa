import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Runs the garbage collector, on Node or Bun, then yields so that finalizers can run. */
export async function collectGarbage(): Promise<void> {
  const bun = (globalThis as { Bun?: { gc(sync: boolean): void } }).Bun;
  if (bun) bun.gc(true);
  else {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
