import { pipeline, type Transform } from 'node:stream';
import { createDecoder } from './content-decoders.js';
import { invalidResponse } from './invalid-response.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/**
 * Undoes the compression of a body while it is read, so that a reader's limit also bounds what a small compressed body
 * can expand to.
 * @throws {InvalidResponseError} for an encoding that was not asked for; while reading, for bytes that are not in it.
 */
export function decodeBody(body: Body, contentEncoding: string | null, context: RequestContext): Body {
  const decoder = createDecoder(contentEncoding);
  if (decoder === 'identity') return body;
  if (decoder) return new DecodedBody(body, decoder, context);
  body.destroy();
  throw invalidResponse('compressed its answer in a way it was not asked for', context);
}

class DecodedBody implements Body {
  readonly #output: AsyncIterator<Uint8Array>;

  constructor(
    private readonly source: Body,
    private readonly decoder: Transform,
    private readonly context: RequestContext,
  ) {
    this.#output = decoder[Symbol.asyncIterator]();
    // Errors of both streams are thrown where the output is read.
    pipeline(chunksOf(source), decoder, () => {});
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#output.next();
      return done ? undefined : value;
    } catch (error) {
      this.source.destroy();
      const code = String((error as { code?: unknown } | null)?.code);
      // zlib's own codes; anything else is a failure of the connection.
      if (!/^(?:Z_|ERR_|BROTLI)/.test(code)) throw error;
      throw invalidResponse('sent a compressed answer that cannot be read', this.context);
    }
  }

  destroy(): void {
    this.decoder.destroy();
    this.source.destroy();
  }
}

async function* chunksOf(body: Body): AsyncGenerator<Uint8Array> {
  for (let chunk = await body.next(); chunk; chunk = await body.next()) yield chunk;
}
