import { createParser } from 'eventsource-parser';
import { InvalidResponseError, responseTooLarge } from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
import { OnePieceBody } from './one-piece.js';
import { readStart } from './read-body.js';
import { type SendResult, send, transportError } from './send.js';
import { TimeoutController } from './timeout.js';
import type { Body } from './transport/transport.js';

/** An event larger than this is not a chat delta. */
const EVENT_LIMIT_CHARS = 1024 * 1024;
/** All of a stream: the longest answers of today's models, in the smallest deltas, are half of it. */
const STREAM_LIMIT_BYTES = 64 * 1024 * 1024;
/** How long a response may take to end after its last event, before its socket is given up. */
const END_GRACE_MS = 1_000;
const TRAILING_BYTES = 1024;

export interface EventStreamInput {
  path: string;
  body: Record<string, unknown> & { model: string };
  /** For the first event, and again between any two. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface EventStream {
  requestId: string;
  /** The `data` of each server-sent event, in order; comments are skipped. Leaving the loop closes the socket. */
  events: AsyncIterable<string>;
  /** The same as they come, for who wants them faster. Read either this or `events`. */
  reader: EventReader;
}

/**
 * Posts JSON and returns the answer's server-sent events as they come. A slow reader holds the socket back.
 *
 * A stream that nobody reads any more and nobody ended is ended when it is garbage.
 * @throws what `send` throws; while iterating, {UpstreamConnectionError} and {ProviderTimeoutError}, and
 * @throws {InvalidResponseError} when one event passes 1 MiB, and when there is no event at all.
 * @throws {InvalidResponseError} when all of it passes 64 MiB.
 */
export async function postForEvents(endpoint: Endpoint, input: EventStreamInput): Promise<EventStream> {
  const timeout = new TimeoutController(input.timeoutMs, endpoint.clock, input.signal);
  const { model } = input.body;
  try {
    const body = JSON.stringify(input.body);
    const response = await send(endpoint, {
      method: 'POST',
      path: input.path,
      body,
      accept: 'text/event-stream',
      timeout,
      model,
    });
    if (response.contentType === 'application/json') {
      response.body = new OnePieceBody(response.body, EVENT_LIMIT_CHARS, response.context);
    }
    const reader = new EventReader(endpoint, timeout, response);
    return { requestId: response.requestId, events: eventsOf(reader), reader };
  } catch (error) {
    timeout.clear();
    throw error;
  }
}

/** Ends the response of a reader that was dropped in the middle: it would keep its connection for ever. */
const dropped = new FinalizationRegistry<() => void>((end) => end());

/** Reads the events of one response, a batch at a time. */
export class EventReader {
  #batch: string[] = [];
  #tooLong = false;
  readonly #parser = createParser({
    maxBufferSize: EVENT_LIMIT_CHARS,
    onEvent: ({ data }) => {
      // The parser bounds what it keeps; an event may also come whole.
      if (data.length > EVENT_LIMIT_CHARS) this.#tooLong = true;
      else this.#batch.push(data);
    },
    onError: ({ type }) => {
      this.#tooLong ||= type === 'max-buffer-size-exceeded';
    },
  });
  readonly #decoder = new TextDecoder();
  #endsInCr = false;
  #bytes = 0;
  #anyEvent = false;
  #over = false;
  readonly #end: () => void;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly timeout: TimeoutController,
    private readonly response: SendResult,
  ) {
    timeout.pause();
    this.#end = endOf(timeout, response.body);
    dropped.register(this, this.#end, this);
  }

  /**
   * @returns the `data` of the events that have come since the last call, at least one; undefined at the end.
   * @throws as `postForEvents` says. After that, and after the end, the socket is closed or free.
   */
  async next(): Promise<string[] | undefined> {
    if (this.#over) return undefined;
    this.timeout.restart();
    try {
      while (this.#batch.length === 0) {
        const bytes = await this.response.body.next();
        if (!bytes) break;
        this.#feed(bytes);
      }
      if (this.#batch.length === 0) this.#feedEnd();
      this.timeout.pause();
      if (this.#batch.length > 0) return this.#take();
      this.destroy();
      return undefined;
    } catch (error) {
      this.destroy();
      throw transportError(error, this.timeout, this.endpoint, this.response.context);
    }
  }

  /** Nothing more is wanted: closes the socket unless all of the response has come. */
  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    dropped.unregister(this);
    this.#end();
  }

  /** The last event has come. Lets the response end by itself, in the background, so that its socket can be used again. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    dropped.unregister(this);
    const { body } = this.response;
    const timer = this.endpoint.clock.after(END_GRACE_MS, () => body.destroy());
    // Nothing is expected to come any more; what does come all the same is not waited for.
    readStart(body, TRAILING_BYTES)
      .catch(() => {})
      .finally(() => {
        timer.clear();
        this.#end();
      });
  }

  #feed(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    if (this.#bytes > STREAM_LIMIT_BYTES) throw responseTooLarge(STREAM_LIMIT_BYTES, this.response.context);
    this.#parse(this.#decoder.decode(bytes, { stream: true }));
  }

  #parse(text: string): void {
    this.#parser.feed(text);
    if (text !== '') this.#endsInCr = text.endsWith('\r');
    if (this.#tooLong) {
      throw new InvalidResponseError('ElizaNet sent a single event of more than 1 MiB', this.response.context);
    }
  }

  /** The parser still waits for the LF of a CRLF, where a lone CR had ended the last event. */
  #feedEnd(): void {
    if (this.#endsInCr) this.#parse('\n');
    if (this.#anyEvent || this.#batch.length > 0) return;
    throw new InvalidResponseError(
      `ElizaNet answered with ${this.response.contentType || 'something'} that is not an event stream`,
      this.response.context,
    );
  }

  #take(): string[] {
    const batch = this.#batch;
    this.#batch = [];
    this.#anyEvent = true;
    return batch;
  }
}

/** Must not hold on to the reader: what ends a dropped reader's response would keep it alive. */
function endOf(timeout: TimeoutController, body: Body): () => void {
  return () => {
    timeout.clear();
    body.destroy();
  };
}

async function* eventsOf(reader: EventReader): AsyncGenerator<string> {
  try {
    for (let batch = await reader.next(); batch; batch = await reader.next()) yield* batch;
  } finally {
    reader.destroy();
  }
}
