import { createParser } from 'eventsource-parser';
import { invalidResponse, responseTooLarge } from './invalid-response.js';
import type { RequestContext } from './request-context.js';

/** A chat delta is far smaller than this. */
export const EVENT_LIMIT_CHARS = 1024 * 1024;
/** Twice the longest answers of today's models, sent in the smallest deltas. */
const STREAM_LIMIT_BYTES = 64 * 1024 * 1024;
/** Events that only keep the connection open. */
const HEARTBEATS = ['ping', 'heartbeat', 'keepalive', 'keep-alive'];

/** One server-sent event. */
export interface ServerEvent {
  data: string;
  /** Its `event` field in lower case, such as `error`. */
  name?: string;
}

/**
 * Splits the bytes of a `text/event-stream` into its events. Comments and heartbeats are skipped: an event without data,
 * and one that is named so. Servers that fail within a stream may write the error as a line of bare JSON, or as a field
 * `error`; the standard ignores both, here they are events.
 */
export class EventParser {
  #events: ServerEvent[] = [];
  #isTooLong = false;
  readonly #parser = createParser({
    maxBufferSize: EVENT_LIMIT_CHARS,
    onEvent: ({ data, event }) => this.#add(data, event?.toLowerCase()),
    onError: ({ type, field, value, line }) => {
      this.#isTooLong ||= type === 'max-buffer-size-exceeded';
      if (field === 'error') this.#add(value ?? '', field);
      else if (line?.startsWith('{')) this.#add(line);
    },
  });
  readonly #decoder = new TextDecoder();
  #byteCount = 0;

  constructor(private readonly context: RequestContext) {}

  /**
   * @returns the events that these bytes complete.
   * @throws {InvalidResponseError} for an event of more than 1 MiB, and when all of the stream passes 64 MiB.
   */
  parse(bytes: Uint8Array): ServerEvent[] {
    this.#byteCount += bytes.byteLength;
    if (this.#byteCount > STREAM_LIMIT_BYTES) throw responseTooLarge(STREAM_LIMIT_BYTES, this.context);
    return this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * To be called at the end of the body.
   * @returns the event that lacks only its blank line, if there is one. An event that was cut is dropped.
   */
  end(): ServerEvent[] {
    return this.#feed(`${this.#decoder.decode()}\n\n`).filter(isWhole);
  }

  #add(data: string, name?: string): void {
    // `maxBufferSize` bounds only what the parser keeps between two calls, not an event that comes in one piece.
    if (data.length > EVENT_LIMIT_CHARS) this.#isTooLong = true;
    else if (name === undefined) {
      if (data !== '' && data.trim() !== '') this.#events.push({ data });
    } else if (name === 'error' || (data.trim() !== '' && !HEARTBEATS.includes(name)))
      this.#events.push({ data, name });
  }

  #feed(text: string): ServerEvent[] {
    this.#parser.feed(text);
    if (this.#isTooLong) throw invalidResponse('sent a single event of more than 1 MiB', this.context);
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** A cut event can be neither JSON nor the `[DONE]` of OpenAI's streams. One that is named `error` needs no data. */
function isWhole({ data, name }: ServerEvent): boolean {
  if (name === 'error' || data.trim() === '[DONE]') return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
