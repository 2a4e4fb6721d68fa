import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/** Asks again and again until the value is the expected one: for what depends on a socket. @returns the last value */
export async function until<T>(ask: () => T | Promise<T>, expected: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await ask();
    if (expected(value) || Date.now() > deadline) return value;
    await delay(2);
  }
}
