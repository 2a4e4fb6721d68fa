import type { FakeClock } from './fake-clock.js';

/** Lets other work take its turn, so that what a timer has started can go on. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock until the call is settled. @returns the answer or the error, and how long it took in milliseconds. */
export async function timedCall(
  clock: FakeClock,
  call: Promise<unknown>,
  stepMs = 250,
): Promise<{ answer: unknown; ms: number }> {
  const startedAt = clock.now();
  let outcome: { answer: unknown } | undefined;
  const settle = (answer: unknown) => {
    outcome = { answer };
  };
  call.then(settle, settle);
  await turns();
  while (!outcome) {
    clock.advance(stepMs);
    await turns(1);
  }
  return { ...outcome, ms: clock.now() - startedAt };
}
