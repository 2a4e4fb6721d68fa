import { pipeline, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { InvalidResponseError } from '../core/errors.js';
import type { RequestContext } from './request-context.js';
import type { Body } from './transport/transport.js';

/** What `accept-encoding` asks for, and what else a server may call them (RFC 9110 §8.4.1). */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The body as it was before it was compressed. It decompresses as it is read, so limits that its readers keep bound
 * what a small body can blow up to.
 * @throws {InvalidResponseError} for an encoding that was not asked for; while reading, for bytes that are not in it.
 */
export function decompress(body: Body, encoding: string | null, context: RequestContext): Body {
  const name = encoding?.trim().toLowerCase() || 'identity';
  if (name === 'identity') return body;
  const createDecoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (createDecoder) return new DecompressedBody(body, createDecoder(), context);
  body.destroy();
  throw new InvalidResponseError('ElizaNet compressed its answer in a way it was not asked for', context);
}

class DecompressedBody implements Body {
  readonly #output: AsyncIterator<Uint8Array>;

  constructor(
    private readonly source: Body,
    private readonly decoder: Transform,
    private readonly context: RequestContext,
  ) {
    this.#output = decoder[Symbol.asyncIterator]();
    // Its errors come out where the decoder is read.
    pipeline(chunksOf(source), decoder, () => {});
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#output.next();
      return done ? undefined : value;
    } catch (error) {
      this.source.destroy();
      const code = String((error as { code?: unknown } | null)?.code);
      if (!/^(?:Z_|ERR_|BROTLI)/.test(code)) throw error;
      throw new InvalidResponseError('ElizaNet sent a compressed answer that cannot be read', this.context);
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
