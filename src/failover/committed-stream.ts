import type { TextStreamResult } from '@elizaos/core';
import type { Clock } from '../core/clock.js';
import { StreamInterruptedError } from '../core/failover-errors.js';
import { PulledText } from '../core/pulled-text.js';
import type { Attempt } from './attempt.js';
import { assertAnswered, extraFields, settled } from './side-promises.js';

/** The chunks of a stream, pulled one at a time. */
export interface ChunkSource {
  next(): Promise<IteratorResult<string>>;
  /** Nothing more is wanted. */
  stop(): void;
  /** Its first text has been taken. */
  committed?(): void;
  /** It has ended as a whole one. */
  finished?(): void;
}

export interface CommittedStreamRules {
  clock: Clock;
  onInterrupted: 'complete' | 'throw' | 'keep';
}

const END: IteratorResult<string> = { done: true, value: undefined };

/** Frees what a stream holds whose reader dropped it without reading or closing it. */
const dropped = new FinalizationRegistry<() => void>((free) => free());

/** A closure that does not hold the stream. */
function leaving(source: ChunkSource, attempt: Attempt): () => void {
  return () => {
    source.stop();
    attempt.owner.streamEnded(attempt);
  };
}

/** A stream that has committed: passes its chunks on and reports how it ended. A cut stream never ends as a whole one. */
export class CommittedStream extends PulledText {
  #first: string | undefined;
  #outcome: 'open' | 'ended' | { error: unknown } = 'open';
  #pending: Promise<IteratorResult<string>> | undefined;

  constructor(
    private readonly inner: TextStreamResult,
    private readonly source: ChunkSource,
    /** Its first text; '' for an answer without any. */
    first: string,
    private readonly attempt: Attempt,
    private readonly rules: CommittedStreamRules,
  ) {
    super();
    this.#first = first;
    dropped.register(this, leaving(source, attempt), this);
  }

  /** What core, or the caller, gets. Side promises are created when they are read: in some SDKs that starts the stream. */
  result(): TextStreamResult {
    const { inner } = this;
    const { clock } = this.rules;
    const whole = () => this.whole();
    const bounded = <T>(read: () => PromiseLike<T> | T) => this.#afterEnd(() => settled(read, clock));
    const result: TextStreamResult = {
      textStream: this,
      get text() {
        return whole();
      },
      get usage() {
        return bounded(() => inner.usage);
      },
      get finishReason() {
        return bounded(() => inner.finishReason);
      },
    };
    // All of them own and enumerable: core 2.x copies a result by a spread.
    for (const name of extraFields(inner)) {
      const read = (): unknown => Reflect.get(inner, name);
      const get = name === 'toolCalls' ? () => bounded(read) : read;
      Object.defineProperty(result, name, { get, enumerable: true, configurable: true });
    }
    return result;
  }

  /** Not an async function, which would add two turns of the microtask queue to each chunk. */
  protected pull(): Promise<IteratorResult<string>> {
    if (this.#pending) return this.#pending.then(this.#pullAgain, this.#pullAgain);
    if (this.#outcome === 'ended') return Promise.resolve(END);
    if (this.#outcome !== 'open') return Promise.reject(this.#outcome.error);
    const first = this.#first;
    this.#first = undefined;
    if (first) {
      this.collected = first;
      return Promise.resolve({ done: false, value: first });
    }
    this.#pending = this.source.next().then(this.#onItem, this.#onError);
    return this.#pending;
  }

  readonly #pullAgain = () => this.pull();

  readonly #onItem = (item: IteratorResult<string>): IteratorResult<string> | Promise<IteratorResult<string>> => {
    if (item.done) return this.#finish();
    this.#pending = undefined;
    this.collected += item.value;
    return item;
  };

  readonly #onError = (cause: unknown): IteratorResult<string> => {
    this.#pending = undefined;
    this.#fail(cause);
    return END;
  };

  async #finish(): Promise<IteratorResult<string>> {
    try {
      const { attempt, inner, rules } = this;
      await assertAnswered(inner, rules.clock, attempt.responseBrokeOff ? undefined : attempt.habits.finish);
      this.#end();
      return END;
    } catch (cause) {
      return this.#onError(cause);
    } finally {
      this.#pending = undefined;
    }
  }

  protected close(): boolean {
    if (!this.#over('ended')) return false;
    this.attempt.owner.streamEnded(this.attempt);
    return true;
  }

  #end(): void {
    this.source.finished?.();
    if (this.#over('ended')) this.attempt.owner.streamEnded(this.attempt);
  }

  /** @throws the error that its reader gets, unless a cut stream is to pass for a whole one. */
  #fail(cause: unknown): void {
    const { attempt } = this;
    const error = attempt.aborted ? cause : new StreamInterruptedError(attempt.provider, this.collected, cause);
    const kept = !attempt.aborted && this.rules.onInterrupted === 'keep';
    if (!this.#over(kept ? 'ended' : { error })) return;
    attempt.owner.streamEnded(attempt, { error, kept });
    if (!kept) throw error;
  }

  /** @returns false when it was over before. */
  #over(outcome: 'ended' | { error: unknown }): boolean {
    if (this.#outcome !== 'open') return false;
    this.#outcome = outcome;
    dropped.unregister(this);
    this.source.stop();
    return true;
  }

  /** Once the stream has ended, a side promise gets a second to settle. One that nothing reads must not end the process. */
  #afterEnd<T>(read: () => Promise<{ value: T } | { error: unknown } | { pending: true }>): Promise<T | undefined> {
    const value = this.whole().then(async () => {
      const outcome = await read();
      return 'value' in outcome ? outcome.value : undefined;
    });
    value.catch(() => {});
    return value;
  }
}
