import { createParser } from 'eventsource-parser';
import { invalidResponse, responseTooLarge } from './invalid-response.js';
import type { RequestContext } from './request-context.js';

/** A chat delta is far smaller than this. */
export const EVENT_LIMIT_CHARS = 1024 * 1024;
/** Twice the longest answers of today's models, sent in the smallest deltas. */
const STREAM_LIMIT_BYTES = 64 * 1024 * 1024;

/** Splits the bytes of a `text/event-stream` into the `data` of its events. Comments are skipped. */
export class EventParser {
  #events: string[] = [];
  #isTooLong = false;
  readonly #parser = createParser({
    maxBufferSize: EVENT_LIMIT_CHARS,
    onEvent: ({ data }) => {
      // `maxBufferSize` bounds only what the parser keeps between two calls, not an event that comes in one piece.
      if (data.length > EVENT_LIMIT_CHARS) this.#isTooLong = true;
      else this.#events.push(data);
    },
    onError: ({ type }) => {
      this.#isTooLong ||= type === 'max-buffer-size-exceeded';
    },
  });
  readonly #decoder = new TextDecoder();
  #endsInCr = false;
  #byteCount = 0;

  constructor(private readonly context: RequestContext) {}

  /**
   * @returns the events that these bytes complete.
   * @throws {InvalidResponseError} for an event of more than 1 MiB, and when all of the stream passes 64 MiB.
   */
  parse(bytes: Uint8Array): string[] {
    this.#byteCount += bytes.byteLength;
    if (this.#byteCount > STREAM_LIMIT_BYTES) throw responseTooLarge(STREAM_LIMIT_BYTES, this.context);
    return this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /** To be called at the end of the body. @returns the events that the end completes. */
  end(): string[] {
    // After a CR the parser waits for the LF of a CRLF; at the end, the lone CR was the line break.
    return this.#endsInCr ? this.#feed('\n') : [];
  }

  #feed(text: string): string[] {
    this.#parser.feed(text);
    if (text !== '') this.#endsInCr = text.endsWith('\r');
    if (this.#isTooLong) throw invalidResponse('sent a single event of more than 1 MiB', this.context);
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
