import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { ResourceError } from '../core/errors.js';
import { createDecoder } from '../http/content-decoders.js';

/**
 * Reads the whole body of a response, decompressed: some servers compress although they were asked not to.
 * @param limitBytes of the decompressed body: a few kilobytes can expand to gigabytes.
 * @param host for error messages.
 * @throws {ResourceError} as soon as more than `limitBytes` have arrived, and for an unknown compression.
 */
export async function readResource(response: IncomingMessage, limitBytes: number, host: string): Promise<Buffer> {
  const tooLarge = () => new ResourceError('RESOURCE_FETCH', `${host} answered with more than ${limitBytes} bytes`);
  const decoder = createDecoder(response.headers['content-encoding']);
  if (!decoder) {
    response.destroy();
    throw new ResourceError('RESOURCE_FETCH', `${host} answered in an unknown compression`);
  }
  if (decoder === 'identity' && Number(response.headers['content-length']) > limitBytes) {
    response.destroy();
    throw tooLarge();
  }
  // Errors of both streams are thrown by the loop.
  const body: Readable = decoder === 'identity' ? response : pipeline(response, decoder, () => {});
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
