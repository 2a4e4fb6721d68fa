import type { Accept } from './headers.js';
import { readBytes } from './read-bytes.js';
import type { ResponseReader } from './request.js';

/** The whole body of an answer. */
export interface BytesAnswer {
  bytes: Buffer;
  /** In lower case, without parameters; '' when the server names none. */
  contentType: string;
}

/**
 * Reads an answer as bytes.
 * @throws {InvalidResponseError} when it is larger than `limitBytes`, decompressed.
 */
export function asBytes(accept: Accept, limitBytes: number): ResponseReader<BytesAnswer> {
  return {
    accept,
    read: async ({ body, contentType, context }) => ({
      bytes: await readBytes(body, limitBytes, context),
      contentType,
    }),
  };
}
