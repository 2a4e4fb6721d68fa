import type { TextStreamResult } from '@elizaos/core';
import type { Clock } from '../core/clock.js';
import type { FinishHabits } from './finish-habits.js';

/** How long a finished stream's `finishReason` and `usage` may take. After a dropped socket they never settle. */
const SETTLE_WAIT_MS = 1_000;

/**
 * The AI SDK's finish reasons for a stream that just stopped. OpenRouter's provider, and all providers from version 6 on,
 * report `other`. A stream without any finish reason counts as complete.
 */
const ABNORMAL_FINISH = ['unknown', 'other', 'error'];

/** Gives a result's side promises a handler: published providers leave them to reject unhandled, which ends a process. */
export function silence(result: TextStreamResult): void {
  for (const name of ['text', 'usage', 'finishReason'] as const) {
    try {
      Promise.resolve(result[name]).catch(() => {});
    } catch {
      // A getter that throws leaves no promise behind.
    }
  }
}

/**
 * @param habits of a provider whose stream has brought text. One that never reports a better finish is believed.
 * @throws when the stream did not finish normally, or does not say so in time.
 */
export async function assertFinished(
  result: TextStreamResult,
  clock: Clock,
  habits?: Pick<FinishHabits, 'finishedNormally' | 'believes'>,
): Promise<void> {
  const outcome = await settled(() => result.finishReason, clock);
  if ('value' in outcome) {
    const finish = outcome.value ?? '';
    if (!ABNORMAL_FINISH.includes(finish)) return habits?.finishedNormally();
    if (finish !== 'error' && habits?.believes()) return;
  }
  throw new Error('the stream ended without a finish', 'error' in outcome ? { cause: outcome.error } : undefined);
}

/** The outcome of a promise within a second. */
export async function settled<T>(
  read: () => PromiseLike<T> | T,
  clock: Clock,
): Promise<{ value: T } | { error: unknown } | { pending: true }> {
  return new Promise((resolve) => {
    const timer = clock.after(SETTLE_WAIT_MS, () => resolve({ pending: true }));
    const settle = (outcome: { value: T } | { error: unknown }) => {
      timer.clear();
      resolve(outcome);
    };
    const value = async () => read();
    value().then(
      (value) => settle({ value }),
      (error) => settle({ error }),
    );
  });
}
