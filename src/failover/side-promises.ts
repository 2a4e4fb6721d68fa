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

/**
 * The stream of a native call, of core 2.x, also has the tool calls of its answer. core reads the presence of the key as
 * the form of the answer.
 */
export interface NativeStream extends TextStreamResult {
  toolCalls: unknown;
}

export function isNativeStream(result: TextStreamResult): result is NativeStream {
  return 'toolCalls' in result;
}

/** What a result has beside a stream's four fields: those of a native call, and a provider's own. */
export function extraFields(result: TextStreamResult): string[] {
  const native = ['toolCalls', 'providerMetadata'].filter((name) => name in result);
  return [...new Set([...native, ...Object.keys(result)])].filter((name) => !FIELDS.includes(name));
}

const SIDE_PROMISES: readonly string[] = ['text', 'usage', 'finishReason'];
const FIELDS: readonly string[] = ['textStream', ...SIDE_PROMISES];

/** Gives a result's side promises a handler: published providers leave them to reject unhandled, which ends a process. */
export function silence(result: TextStreamResult): void {
  for (const name of [...SIDE_PROMISES, ...extraFields(result)]) {
    try {
      Promise.resolve(Reflect.get(result, name)).catch(() => {});
    } catch {
      // A getter that throws leaves no promise behind.
    }
  }
}

/**
 * @param habits of a provider whose stream has brought text. One that never reports a better finish is believed.
 * @throws when the stream did not finish normally, or its tool calls are lost, or it does not say so in time.
 */
export async function assertAnswered(result: TextStreamResult, clock: Clock, habits?: KnownFinishes): Promise<void> {
  await assertFinished(result, clock, habits);
  if (!isNativeStream(result)) return;
  const calls = await settled(() => result.toolCalls, clock);
  if ('value' in calls) return;
  throw new Error('the stream ended without its tool calls', 'error' in calls ? { cause: calls.error } : undefined);
}

type KnownFinishes = Pick<FinishHabits, 'finishedNormally' | 'believes'>;

async function assertFinished(result: TextStreamResult, clock: Clock, habits?: KnownFinishes): Promise<void> {
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
