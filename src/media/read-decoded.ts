import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ResourceError } from '../core/errors.js';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a body as it was before compression: servers compress unasked.
 * @param limitBytes of what comes out: a few kilobytes can unpack to gigabytes.
 * @throws {ResourceError} as soon as more than that has come, or when the compression is an unknown one.
 */
export async function readDecoded(response: IncomingMessage, limitBytes: number, host: string): Promise<Buffer> {
  const tooLarge = () => new ResourceError('RESOURCE_FETCH', `${host} answered with more than ${limitBytes} bytes`);
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  let body: Readable = response;
  if (encoding !== 'identity') {
    const decoder = DECODERS[encoding];
    if (!decoder || !Object.hasOwn(DECODERS, encoding)) {
      response.destroy();
      throw new ResourceError('RESOURCE_FETCH', `${host} answered in an unknown compression`);
    }
    // Its errors arrive at whoever reads.
    body = pipeline(response, decoder(), () => {});
  } else if (Number(response.headers['content-length']) > limitBytes) {
    response.destroy();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Leaving the loop destroys the streams and the socket.
    if (size > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
