import type { TextStreamResult } from '@elizaos/core';
import type { Clock } from '../core/clock.js';
import { isElizaNetError } from '../core/errors.js';
import { NoOutputError, primaryTimeout, StreamInterruptedError } from '../core/failover-errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { Attempt } from './attempt.js';
import { BoundedIterator } from './bounded-iterator.js';

export interface StreamRules {
  clock: Clock;
  onInterrupted: 'complete' | 'throw' | 'keep';
  /** Longest wait for a chunk of a primary's stream, in milliseconds; 0 = no limit. */
  primaryTimeoutMs: number;
}

/** How long a finished stream's `finishReason` may take. After a dropped socket it never settles. */
const FINISH_REASON_WAIT_MS = 1_000;
/**
 * What the AI SDK reports for a stream that simply stopped: OpenRouter's provider, and all of them from version 6 on,
 * say `other`. A provider that reports nothing at all is believed.
 */
const ABNORMAL_FINISH = ['unknown', 'other', 'error'];

/** Gives a result's side promises a handler: published providers leave them to reject unhandled, which ends a process. */
export function silence({ text, usage, finishReason }: TextStreamResult): void {
  for (const promise of [text, usage, finishReason]) Promise.resolve(promise).catch(() => {});
}

/**
 * Holds a stream back until its first text, the *commit*. From then on the call is this attempt's, and its chunks pass
 * through; another provider's text is never mixed in.
 * @throws {NoOutputError} when the stream ends, without a normal finish, or breaks before any text.
 */
export async function commitStream(
  result: TextStreamResult,
  attempt: Attempt,
  rules: StreamRules,
): Promise<TextStreamResult> {
  const { provider } = attempt.target;
  // Our own client limits the time between chunks itself.
  const idleMs = provider === PROVIDER_NAME ? 0 : rules.primaryTimeoutMs;
  const source = new BoundedIterator(result.textStream, {
    signal: attempt.signal,
    clock: rules.clock,
    idleMs,
    onIdle: () => primaryTimeout(provider, idleMs, 'body'),
  });
  let first: string | undefined;
  try {
    first = await firstText(source);
    // An end without text can be a model that had nothing to say: its finish reason tells.
    if (first === undefined) await assertFinished(result, rules.clock);
  } catch (cause) {
    source.stop();
    // Our own errors say what it was: a refusal or a limit is not the same as no output.
    if (attempt.aborted || (provider === PROVIDER_NAME && isElizaNetError(cause))) throw cause;
    throw new NoOutputError(provider, { cause });
  }
  if (!attempt.owner.commit(attempt)) {
    source.stop();
    throw new Error('another provider answered first');
  }
  const stream = new CommittedStream(result, source, attempt, rules);
  return stream.deliver(first ?? '');
}

async function firstText(source: BoundedIterator<string>): Promise<string | undefined> {
  for (;;) {
    const { done, value } = await source.next();
    if (done) return undefined;
    if (value) return value;
  }
}

/** A stream that has committed: passes it on and sees to it that a cut one does not pass for complete. */
class CommittedStream {
  #text = '';
  #interrupt!: (error: StreamInterruptedError) => void;
  readonly #interruption = new Promise<never>((_, reject) => {
    this.#interrupt = reject;
  });

  constructor(
    private readonly result: TextStreamResult,
    private readonly source: BoundedIterator<string>,
    private readonly attempt: Attempt,
    private readonly rules: StreamRules,
  ) {
    this.#interruption.catch(() => {});
  }

  /** Side promises are made on demand: asking for one sets some providers' streams flowing, whether read or not. */
  deliver(first: string): TextStreamResult {
    const { result } = this;
    const whole = () => this.#whole();
    let text: Promise<string> | undefined;
    return {
      textStream: this.#chunks(first),
      get text() {
        if (!text) {
          text = whole();
          text.catch(() => {});
        }
        return text;
      },
      get usage() {
        return result.usage;
      },
      get finishReason() {
        return result.finishReason;
      },
    };
  }

  async *#chunks(first: string): AsyncGenerator<string> {
    try {
      this.#text = first;
      if (first) yield first;
      for (let item = await this.source.next(); !item.done; item = await this.source.next()) {
        this.#text += item.value;
        yield item.value;
      }
      await assertFinished(this.result, this.rules.clock);
      this.attempt.owner.streamEnded(this.attempt);
    } catch (cause) {
      if (this.attempt.aborted) throw cause;
      const error = new StreamInterruptedError(this.attempt.target.provider, this.#text, { cause });
      this.attempt.owner.streamEnded(this.attempt, error);
      if (this.rules.onInterrupted === 'keep') return;
      this.#interrupt(error);
      throw error;
    } finally {
      this.source.stop();
    }
  }

  /** For a reader who awaits `text` and never touches the chunks: the provider settles it, if it is settled at all. */
  async #whole(): Promise<string> {
    const text = await Promise.race([this.result.text, this.#interruption]);
    if (this.rules.onInterrupted === 'keep') return text;
    try {
      await assertFinished(this.result, this.rules.clock);
    } catch (cause) {
      throw new StreamInterruptedError(this.attempt.target.provider, text, { cause });
    }
    return text;
  }
}

/** @throws when the stream did not finish normally, or does not say so in time. */
async function assertFinished({ finishReason }: TextStreamResult, clock: Clock): Promise<void> {
  const outcome = await settled(finishReason, clock, FINISH_REASON_WAIT_MS);
  if ('value' in outcome && !ABNORMAL_FINISH.includes(outcome.value ?? '')) return;
  throw new Error('the stream ended without a finish', 'error' in outcome ? { cause: outcome.error } : undefined);
}

/** What has become of a promise within `waitMs`. */
async function settled<T>(
  promise: PromiseLike<T>,
  clock: Clock,
  waitMs: number,
): Promise<{ value: T } | { error: unknown } | { pending: true }> {
  return new Promise((resolve) => {
    const timer = clock.after(waitMs, () => resolve({ pending: true }));
    const settle = (outcome: { value: T } | { error: unknown }) => {
      timer.clear();
      resolve(outcome);
    };
    Promise.resolve(promise).then(
      (value) => settle({ value }),
      (error) => settle({ error }),
    );
  });
}
