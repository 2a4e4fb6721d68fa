import type { TextStreamResult } from '@elizaos/core';
import type { Clock } from '../core/clock.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import { NoOutputError, primaryTimeout } from '../core/failover-errors.js';
import type { Attempt } from './attempt.js';
import { BoundedIterator } from './bounded-iterator.js';
import { type ChunkSource, CommittedStream } from './committed-stream.js';
import type { LateWork } from './late-work.js';
import { assertAnswered, isNativeStream } from './side-promises.js';

export interface StreamRules {
  clock: Clock;
  onInterrupted: 'complete' | 'throw' | 'keep';
  /** Longest wait for a primary's first output, in milliseconds; 0 = no limit. */
  primaryTimeoutMs: number;
  /** Longest wait between two chunks of a primary's stream, in milliseconds; 0 = no limit; `auto` = learned. */
  primaryIdleTimeout: number | 'auto';
  late: LateWork;
}

/**
 * Holds a stream back until its first text, the *commit*. From then on the call is this attempt's, and its chunks pass
 * through; text of another provider is never mixed in. The wait ends in one of these ways: text; the end with a normal
 * finish, an empty answer; the end without one, an error, or the attempt's own abort, which all throw. The race limits it.
 * @throws {NoOutputError} when the stream ends, without a normal finish, or breaks before any text.
 */
export async function commitStream(
  result: TextStreamResult,
  attempt: Attempt,
  rules: StreamRules,
): Promise<TextStreamResult> {
  const { provider, own } = attempt.target;
  let source: ChunkSource | undefined;
  let first: string | undefined;
  attempt.mayBringCalls = isNativeStream(result);
  try {
    source = own ? ownChunks(result) : boundedChunks(result, attempt, rules);
    first = await firstText(source);
    // An end without text is a valid answer if the finish reason is normal: tool calls alone have none.
    if (first === undefined) await assertAnswered(result, rules.clock);
  } catch (cause) {
    source?.stop();
    // Our own errors tell a refusal or a limit from a stream without output.
    if (attempt.aborted || (own && isElizaNetError(cause))) throw cause;
    throw new NoOutputError(provider, { cause });
  }
  if (!attempt.owner.commit(attempt)) {
    source.stop();
    throw new Error('another provider answered first');
  }
  source.committed?.();
  return new CommittedStream(result, source, first ?? '', attempt, rules).result();
}

/** After its text a model may write tool calls, which are no text. The least wait for their end, in milliseconds. */
const TOOL_CALLS_MS = 60_000;

/** The plugin's own client bounds the time between chunks and hears the attempt's signal itself. */
function ownChunks({ textStream }: TextStreamResult): ChunkSource {
  const iterator = textStream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    stop: () => void iterator.return?.()?.catch(() => {}),
  };
}

function boundedChunks(result: TextStreamResult, attempt: Attempt, rules: StreamRules): ChunkSource {
  const { clock, late } = rules;
  const { chunkGap } = attempt.habits;
  const chunks = new BoundedIterator<string>(result.textStream, {
    signal: attempt.signal,
    clock,
    onIdle: (idleMs) => primaryTimeout(attempt.provider, idleMs, 'body'),
    late,
    onLate(gapMs) {
      chunkGap.learn(gapMs);
      attempt.permit.success();
    },
  });
  return {
    next: () => chunks.next(),
    stop: () => chunks.stop(),
    committed() {
      chunks.longestGapMs = 0;
      const idleMs = idleLimitMs(attempt, rules);
      const isLearned = rules.primaryIdleTimeout === 'auto';
      chunks.idleMs = isLearned && 'toolCalls' in result ? Math.max(idleMs, TOOL_CALLS_MS) : idleMs;
    },
    finished() {
      chunkGap.learn(chunks.longestGapMs);
    },
  };
}

/** Longest wait between two chunks of a primary, in milliseconds; 0 = no limit. */
export function idleLimitMs({ habits }: Attempt, { primaryTimeoutMs, primaryIdleTimeout }: StreamRules): number {
  if (primaryIdleTimeout !== 'auto') return primaryIdleTimeout;
  return Math.min(habits.chunkGap.waitMs, primaryTimeoutMs || Number.POSITIVE_INFINITY);
}

async function firstText(source: ChunkSource): Promise<string | undefined> {
  for (;;) {
    const { done, value } = await source.next();
    if (done) return undefined;
    if (value) return value;
  }
}
