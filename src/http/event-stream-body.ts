import { EVENT_LIMIT_CHARS } from './event-parser.js';
import { readText } from './read-bytes.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/** White space and the bytes of a byte order mark. */
const SKIPPED = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];
const [BRACE, BRACKET] = [0x7b, 0x5b];

/**
 * Reads any answer as an event stream. JSON becomes a stream of one event: servers that cannot stream answer so, and
 * others do for an error under status 200. The first byte tells which it is, because content types are not reliable.
 */
export class EventStreamBody implements Body {
  #isStarted = false;
  #isOver = false;

  constructor(
    private readonly source: Body,
    private readonly context: RequestContext,
  ) {}

  async next(): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    if (this.#isStarted) return this.source.next();
    const bytes = await this.source.next();
    const first = bytes?.find((byte) => !SKIPPED.includes(byte));
    if (first === undefined) return bytes;
    this.#isStarted = true;
    if (first !== BRACE && first !== BRACKET) return bytes;
    this.#isOver = true;
    const json = await readText(startingWith(bytes as Uint8Array, this.source), EVENT_LIMIT_CHARS, this.context);
    // A line break would end the event's line. JSON has line breaks only between its tokens.
    return Buffer.from(`data: ${json.trim().replace(/[\r\n]+/g, ' ')}\n\n`);
  }

  destroy(): void {
    this.source.destroy();
  }
}

function startingWith(bytes: Uint8Array, rest: Body): Body {
  let first: Uint8Array | undefined = bytes;
  return {
    next() {
      const next = first ? Promise.resolve(first) : rest.next();
      first = undefined;
      return next;
    },
    destroy: () => rest.destroy(),
  };
}
