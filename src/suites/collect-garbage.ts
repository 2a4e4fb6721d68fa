import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Runs the garbage collector, on Node or Bun. */
export function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: { gc(sync: boolean): void } };
  if (Bun) {
    Bun.gc(true);
    return;
  }
  // Node exposes `gc` only in contexts created after the flag is set.
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
