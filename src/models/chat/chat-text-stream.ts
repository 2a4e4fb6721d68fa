import type { TextStreamResult } from '@elizaos/core';
import { PulledText } from '../../core/pulled-text.js';
import type { ServerEvent } from '../../http/event-parser.js';
import type { EventReader } from '../../http/event-reader.js';
import { ChatReader, type ChatStreamEnd } from '../../openai/chat-reader.js';
import type { AnswerReading } from './answer-reading.js';
import {
  type NativeUsage,
  nativeFinishReason,
  nativeUsage,
  type ProviderMetadata,
  providerMetadata,
} from './native-result.js';
import type { ToolCall } from './tools/take-calls.js';

/** How a stream ended; `cancelled` when its reader left before the end. */
export interface StreamSettlement {
  cancelled: boolean;
  end: ChatStreamEnd;
}

/** core 2.x takes the key `toolCalls` for the sign of a native stream. */
export interface NativeStreamResult extends TextStreamResult {
  /** Settles after the end of the stream; an empty list when there are no calls. */
  toolCalls: Promise<ToolCall[]>;
  providerMetadata: ProviderMetadata;
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
  #toolCalls: ToolCall[] = [];

  /** @param reading of a native call. @default the text alone */
  constructor(
    private readonly events: EventReader,
    private readonly reading?: AnswerReading,
  ) {
    super();
    this.#reader = new ChatReader(events.context, reading);
    this.settled = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.settled.catch(() => {});
  }

  get text(): Promise<string> {
    return this.whole();
  }

  get usage(): Promise<NativeUsage | undefined> {
    return this.#afterEnd(({ usage }) => nativeUsage(usage));
  }

  get finishReason(): Promise<string | undefined> {
    // 'stop', and not 'other': readers take that for a stream that was cut.
    if (this.reading) return this.#afterEnd((end) => nativeFinishReason(end, this.#toolCalls.length > 0, 'stop'));
    return this.#afterEnd(({ finishReason }) => finishReason ?? 'stop');
  }

  /** What a caller gets: its properties are its own, so that a copy by spread has them, and are read when they are asked for. */
  result(): TextStreamResult {
    const stream = this;
    return {
      textStream: stream,
      get text() {
        return stream.text;
      },
      get usage() {
        return stream.usage;
      },
      get finishReason() {
        return stream.finishReason;
      },
    };
  }

  /** @param model the id that was asked for. */
  nativeResult(model: string): NativeStreamResult {
    return Object.defineProperties(this.result(), {
      toolCalls: { enumerable: true, get: () => this.#afterEnd(() => this.#toolCalls) },
      providerMetadata: { enumerable: true, value: providerMetadata(model) },
    }) as NativeStreamResult;
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
      const last = this.#outcome === 'open' ? this.#finish() : '';
      return last === '' ? { done: true, value: undefined } : { done: false, value: last };
    } catch (error) {
      return this.#failWith(error);
    } finally {
      this.#pending = undefined;
    }
  }

  /** @returns the last piece of an answer that has not been shown as it came. */
  #finish(): string {
    const reader = this.#reader;
    reader.finish();
    let last = '';
    if (this.reading) {
      const text = this.reading.shows === 'text' ? this.collected : reader.hidden;
      const answer = this.reading.read({ text, calls: reader.calls.calls, end: reader.end }, this.events.context);
      this.#toolCalls = answer.toolCalls;
      if (this.reading.shows !== 'text' && this.collected === '') last = this.reading.lastPiece(answer);
    }
    this.#outcome = 'ended';
    this.collected += last;
    this.#settle({ cancelled: false, end: reader.end });
    return last;
  }

  /** @returns undefined when the batch holds no more text. */
  #nextOfBatch(): string | undefined {
    while (this.#index < this.#batch.length && !this.#reader.done) {
      const text = this.#reader.read(this.#batch[this.#index++] as ServerEvent);
      if (text === undefined) continue;
      if (!this.collected) this.events.limitGaps();
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
