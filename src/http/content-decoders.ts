import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** By the names of RFC 9110 §8.4.1. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Makes a stream that undoes one compression.
 * @param contentEncoding the value of the header, in any case.
 * @returns `'identity'` when nothing is compressed; undefined for an unknown encoding, and for several.
 */
export function createDecoder(contentEncoding: string | null | undefined): Transform | 'identity' | undefined {
  const name = contentEncoding?.trim().toLowerCase() || 'identity';
  if (name === 'identity') return name;
  return Object.hasOwn(DECODERS, name) ? DECODERS[name]?.() : undefined;
}
