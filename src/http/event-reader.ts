import { ProviderTimeoutError } from '../core/errors.js';
import { echoesRequest } from './echoes-request.js';
import { EventParser, type ServerEvent } from './event-parser.js';
import { invalidResponse } from './invalid-response.js';
import { readStart } from './read-bytes.js';
import type { RequestContext } from './request-context.js';
import { requestError } from './request-error.js';
import type { UnreadResponse } from './send-once.js';
import { StreamPlace } from './stream-place.js';
import type { TimeoutController } from './timeout.js';
import type { Body } from './transport/transport.js';

/** How long a response may take to end after its last event before its socket is closed. */
const END_GRACE_MS = 1_000;
const TRAILING_BYTES = 1024;

/** Ends the response of a reader that was dropped unfinished; otherwise it would hold its connection for ever. */
const droppedReaders = new FinalizationRegistry<() => void>((end) => end());

/**
 * Reads the server-sent events of one response, a batch at a time.
 *
 * The caller ends it with `finish` or `destroy`. If it drops the reader without that, the socket is closed when the
 * reader is garbage-collected.
 */
export class EventReader {
  readonly #parser: EventParser;
  #hasEvents = false;
  /** Longest wait for an event, in milliseconds; undefined until the answer has begun. */
  #gapLimitMs: number | undefined;
  /** That wait is shorter than the time limit of the call. */
  #isLimitLearned = false;
  #longestGapMs = 0;
  #isOver = false;
  readonly #end: () => void;
  readonly #place: StreamPlace;

  constructor(
    private readonly response: UnreadResponse,
    private readonly timeout: TimeoutController,
  ) {
    this.#parser = new EventParser(response.context);
    this.#place = new StreamPlace(response.context.endpoint.clock, response.place);
    this.#end = endOf(timeout, response.body, this.#place);
    this.#pause();
    droppedReaders.register(this, this.#end, this);
  }

  /** For errors about this stream. */
  get context(): RequestContext {
    return this.response.context;
  }

  /**
   * Waits for the next events.
   * @returns at least one; undefined at the end. One call at a time.
   * @throws {InvalidResponseError} when the body ends without any event, or as `EventParser` does.
   * @throws {UpstreamConnectionError}, {ProviderTimeoutError} or the caller's abort reason. After an error and after the
   * end, the socket is closed or free.
   */
  async next(): Promise<ServerEvent[] | undefined> {
    if (this.#isOver) return undefined;
    const { clock } = this.context.endpoint;
    const since = clock.now();
    this.timeout.restart(this.#gapLimitMs);
    this.#place.resume();
    try {
      const events = await this.#nextEvents();
      if (this.#gapLimitMs) this.#longestGapMs = Math.max(this.#longestGapMs, clock.now() - since);
      this.#pause();
      if (events.length > 0) return events;
      this.destroy();
      return undefined;
    } catch (error) {
      const { timeout, context } = this;
      // Without this, every stream of a model that thinks for longer between two events would be cut.
      if (timeout.timedOut) this.#longestGapMs = timeout.timeoutMs;
      this.#learn();
      this.destroy();
      throw timeout.timedOut && this.#isLimitLearned
        ? stallError(timeout.timeoutMs, context)
        : requestError(error, timeout, context);
    }
  }

  /**
   * To be called once the answer has begun. Until then each event has the time limit of the call: a model may announce
   * itself and think. From then on the endpoint's streams show what is usual.
   */
  limitGaps(): void {
    if (this.#gapLimitMs) return;
    const { waitMs } = this.context.endpoint.eventGaps;
    this.#isLimitLearned = waitMs < this.timeout.timeoutMs;
    this.#gapLimitMs = Math.min(waitMs, this.timeout.timeoutMs);
  }

  /** Closes the socket, unless all of the response has arrived. */
  destroy(): void {
    if (!this.#over()) return;
    this.#end();
  }

  /** To be called after the last event. Lets the response end in the background, so that its socket can be reused. */
  finish(): void {
    if (!this.#over()) return;
    this.#learn();
    this.#place.clear();
    const { body, context } = this.response;
    const timer = context.endpoint.clock.after(END_GRACE_MS, () => body.destroy());
    // Bytes that come after the last event are dropped.
    readStart(body, TRAILING_BYTES)
      .catch(() => {})
      .finally(() => {
        timer.clear();
        this.#end();
      });
  }

  #learn(): void {
    if (this.#gapLimitMs) this.context.endpoint.eventGaps.learn(this.#longestGapMs);
    this.#gapLimitMs = undefined;
  }

  #pause(): void {
    // Destroyed while its last bytes were on the way: its connection may serve another request by now.
    if (this.#isOver) return;
    this.timeout.pause();
    this.#place.pause();
  }

  /** @returns an empty list at the end of the body. */
  async #nextEvents(): Promise<ServerEvent[]> {
    let events: ServerEvent[] = [];
    while (events.length === 0) {
      const bytes = await this.response.body.next();
      events = bytes ? this.#parser.parse(bytes) : this.#parser.end();
      if (!bytes) break;
    }
    this.#hasEvents ||= events.length > 0;
    if (!this.#hasEvents) {
      const { contentType } = this.response;
      const what = contentType && !echoesRequest(contentType, this.context) ? contentType : 'something';
      throw invalidResponse(`answered with ${what} that is not an event stream`, this.context);
    }
    return events;
  }

  /** @returns false when it was over before. */
  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    droppedReaders.unregister(this);
    return true;
  }
}

/** No setting makes a learned limit longer, so the message names none. */
function stallError(timeoutMs: number, context: RequestContext): ProviderTimeoutError {
  const message = `${context.endpoint.name} sent nothing for ${timeoutMs} ms in the middle of its answer`;
  return new ProviderTimeoutError('UPSTREAM_TIMEOUT', message, timeoutMs, 'body', context);
}

/** A function of its own: a closure over the reader would keep a dropped reader alive. */
function endOf(timeout: TimeoutController, body: Body, place: StreamPlace): () => void {
  return () => {
    timeout.clear();
    place.clear();
    body.destroy();
  };
}
