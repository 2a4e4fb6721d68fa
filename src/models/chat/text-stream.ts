import type { TextStreamResult, TokenUsage } from '@elizaos/core';
import type { ChatStreamEnd } from '../../openai/chat-stream.js';

/**
 * A `TextStreamResult` over one source. Chunks are pulled as they are read, so that a slow reader holds the socket
 * back; who asks for `text`, `usage` or `finishReason` instead of reading sets it flowing.
 * @param end what the source fills in as it is read.
 */
export function createTextStream(source: AsyncIterableIterator<string>, end: ChatStreamEnd): TextStreamResult {
  return new PulledStream(source, end);
}

class PulledStream implements TextStreamResult, AsyncIterableIterator<string> {
  readonly textStream = this;
  /** Pulled on behalf of `text`, and still to be read by whoever iterates. */
  readonly #unread: string[] = [];
  #lastPull: Promise<IteratorResult<string>> | undefined;
  #drained: Promise<void> | undefined;

  constructor(
    private readonly source: AsyncIterableIterator<string>,
    private readonly end: ChatStreamEnd,
  ) {}

  get text(): Promise<string> {
    return this.#afterEnd(() => this.end.text);
  }

  get usage(): Promise<TokenUsage | undefined> {
    return this.#afterEnd(() => {
      const { usage } = this.end;
      if (!usage) return undefined;
      const { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens } = usage;
      return { promptTokens, completionTokens, totalTokens };
    });
  }

  get finishReason(): Promise<string | undefined> {
    return this.#afterEnd(() => this.end.finishReason ?? 'stop');
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string>> {
    if (this.#drained) return this.#nextUnread();
    this.#lastPull = this.source.next();
    return this.#lastPull;
  }

  async return(): Promise<IteratorResult<string>> {
    await this.source.return?.();
    return { done: true, value: undefined };
  }

  /** While somebody else pulls. */
  async #nextUnread(): Promise<IteratorResult<string>> {
    while (this.#unread.length === 0) {
      if ((await this.#lastPull)?.done) break;
    }
    const value = this.#unread.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async #drain(): Promise<void> {
    // A reader's own pull is the reader's; one after the other, whoever asks.
    if ((await this.#lastPull)?.done) return;
    for (;;) {
      this.#lastPull = this.source.next();
      const { done, value } = await this.#lastPull;
      if (done) return;
      this.#unread.push(value);
    }
  }

  #afterEnd<T>(read: () => T): Promise<T> {
    this.#drained ??= this.#drain();
    const value = this.#drained.then(read);
    // A promise that nobody looks at again must not end the process.
    value.catch(() => {});
    return value;
  }
}
