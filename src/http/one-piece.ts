import { readText } from './read-body.js';
import type { RequestContext } from './send.js';
import type { Body } from './transport/transport.js';

/** A JSON answer where a stream was asked for, as a stream of one event. Servers that know no streams send it; so do some with an error. */
export class OnePieceBody implements Body {
  #read = false;

  constructor(
    private readonly source: Body,
    private readonly limitBytes: number,
    private readonly context: RequestContext,
  ) {}

  async next(): Promise<Uint8Array | undefined> {
    if (this.#read) return undefined;
    this.#read = true;
    const json = await readText(this.source, this.limitBytes, this.context);
    // A line break ends an event's line; JSON has none but between its tokens.
    return Buffer.from(`data: ${json.replace(/[\r\n]+/g, ' ')}\n\n`);
  }

  destroy(): void {
    this.source.destroy();
  }
}
