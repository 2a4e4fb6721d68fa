import { readText } from './read-bytes.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/**
 * A JSON answer as an event stream of one event. Servers that cannot stream answer so; others do it for an error under
 * status 200.
 */
export class SingleEventBody implements Body {
  #isRead = false;

  constructor(
    private readonly source: Body,
    private readonly limitBytes: number,
    private readonly context: RequestContext,
  ) {}

  async next(): Promise<Uint8Array | undefined> {
    if (this.#isRead) return undefined;
    this.#isRead = true;
    const json = await readText(this.source, this.limitBytes, this.context);
    // A line break would end the event's line. JSON has line breaks only between its tokens.
    return Buffer.from(`data: ${json.replace(/[\r\n]+/g, ' ')}\n\n`);
  }

  destroy(): void {
    this.source.destroy();
  }
}
