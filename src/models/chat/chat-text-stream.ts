import type { TextStreamResult, TokenUsage } from '@elizaos/core';
import { PulledText } from '../../core/pulled-text.js';
import type { ServerEvent } from '../../http/event-parser.js';
import type { EventReader } from '../../http/event-reader.js';
import { ChatReader, type ChatStreamEnd } from '../../openai/chat-reader.js';

/** How a stream ended; `cancelled` when its reader left before the end. */
export interface StreamSettlement {
  cancelled: boolean;
  end: ChatStreamEnd;
}

/**
 * The answer of a streamed chat call. Chunks are pulled as they are read, so a slow reader holds the socket back; asking
 * for `text`, `usage` or `finishReason` reads the rest. Leaving the loop closes the socket.
 */
export class ChatTextStream extends PulledText implements TextStreamResult {
  readonly textStream = this;
  /** Settles once, when the stream has ended, failed or was left. Has a handler. */
  readonly settled: Promise<StreamSettlement>;
  #settle!: (settlement: StreamSettlement) => void;
  #fail!: (error: unknown) => void;
  readonly #reader: ChatReader;
  #batch: readonly ServerEvent[] = [];
  #index = 0;
  #outcome: 'open' | 'ended' | { error: unknown } = 'open';
  /** A batch that is being read. */
  #pending: Promise<IteratorResult<string>> | undefined;

  constructor(private readonly events: EventReader) {
    super();
    this.#reader = new ChatReader(events.context);
    this.settled = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.settled.catch(() => {});
  }

  get text(): Promise<string> {
    return this.whole();
  }

  get usage(): Promise<TokenUsage | undefined> {
    return this.#afterEnd(({ usage }) => {
      if (!usage) return undefined;
      const { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens } = usage;
      return { promptTokens, completionTokens, totalTokens };
    });
  }

  get finishReason(): Promise<string | undefined> {
    return this.#afterEnd(({ finishReason }) => finishReason ?? 'stop');
  }

  /** Not an async function: with small deltas, one promise less a chunk is a fifth of a stream's CPU time. */
  protected pull(): Promise<IteratorResult<string>> {
    if (this.#pending)
      return this.#pending.then(
        () => this.pull(),
        () => this.pull(),
      );
    if (this.#outcome === 'ended') return Promise.resolve({ done: true, value: undefined });
    if (this.#outcome !== 'open') return Promise.reject(this.#outcome.error);
    try {
      const text = this.#nextOfBatch();
      if (text !== undefined) return Promise.resolve({ done: false, value: text });
      this.#pending = this.#pullBatch();
      return this.#pending;
    } catch (error) {
      return this.#failWith(error);
    }
  }

  protected close(): boolean {
    if (this.#outcome !== 'open') return false;
    this.#outcome = 'ended';
    this.events.destroy();
    this.#settle({ cancelled: true, end: this.#reader.end });
    return true;
  }

  async #pullBatch(): Promise<IteratorResult<string>> {
    try {
      while (!this.#reader.done) {
        const batch = await this.events.next();
        if (!batch) break;
        this.#batch = batch;
        this.#index = 0;
        const text = this.#nextOfBatch();
        if (text !== undefined) return { done: false, value: text };
      }
      this.events.finish();
      if (this.#outcome === 'open') {
        this.#reader.finish();
        this.#outcome = 'ended';
        this.#settle({ cancelled: false, end: this.#reader.end });
      }
      return { done: true, value: undefined };
    } catch (error) {
      return this.#failWith(error);
    } finally {
      this.#pending = undefined;
    }
  }

  /** @returns undefined when the batch holds no more text. */
  #nextOfBatch(): string | undefined {
    while (this.#index < this.#batch.length && !this.#reader.done) {
      const text = this.#reader.read(this.#batch[this.#index++] as ServerEvent);
      if (text === undefined) continue;
      this.collected += text;
      return text;
    }
    return undefined;
  }

  /** A stream that has failed goes on failing: a late reader must not take it for complete. */
  #failWith(error: unknown): Promise<never> {
    if (this.#outcome === 'open') {
      this.#outcome = { error };
      this.events.destroy();
      this.#fail(error);
    }
    return Promise.reject(error);
  }

  #afterEnd<T>(read: (end: ChatStreamEnd) => T): Promise<T> {
    const value = this.whole().then(() => read(this.#reader.end));
    // Side promises that nothing reads must not end the process.
    value.catch(() => {});
    return value;
  }
}
