/**
 * A text stream that its reader pulls chunk by chunk, and that can also be collected as a whole text. Chunks that were
 * pulled for the whole text stay available to the reader.
 */
export abstract class PulledText implements AsyncIterableIterator<string> {
  /** All text pulled so far; subclasses append to it in `pull`. */
  protected collected = '';
  readonly #unread: string[] = [];
  #lastPull: Promise<IteratorResult<string>> = Promise.resolve({ done: false, value: '' });
  #drained: Promise<string> | undefined;
  #closed = false;

  /** The next chunk, after those of earlier calls. After an error, and after the end, the outcome stays the same. */
  protected abstract pull(): Promise<IteratorResult<string>>;

  /**
   * The reader has left: frees what the stream holds, and ends a pull that is under way.
   * @returns whether that was before the end.
   */
  protected abstract close(): boolean;

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string>> {
    if (this.#drained) return this.#nextUnread();
    this.#lastPull = this.pull();
    return this.#lastPull;
  }

  async return(): Promise<IteratorResult<string>> {
    if (this.close()) this.#closed = true;
    return { done: true, value: undefined };
  }

  /**
   * The whole text, once the stream has ended; reads the rest of it. The same promise each time. It has a handler, so
   * that a rejection nothing waits for does not end the process.
   * @throws what the stream fails with, or an error when its reader left before the end.
   */
  whole(): Promise<string> {
    if (!this.#drained) {
      this.#drained = this.#drain();
      this.#drained.catch(() => {});
    }
    return this.#drained;
  }

  async #drain(): Promise<string> {
    // A pull that the reader started belongs to the reader.
    let last = await this.#lastPull;
    while (!last.done) {
      this.#lastPull = this.pull();
      last = await this.#lastPull;
      if (!last.done) this.#unread.push(last.value);
    }
    if (this.#closed) throw new Error('The stream was closed before its end');
    return this.collected;
  }

  /** For a reader that iterates while the stream is drained. */
  async #nextUnread(): Promise<IteratorResult<string>> {
    while (this.#unread.length === 0) {
      if ((await this.#lastPull).done) break;
    }
    const value = this.#unread.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}
