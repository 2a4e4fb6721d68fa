import type { z } from 'zod';
import { isMadeUpVector } from '../core/disguised-failure.js';
import { InvalidResponseError } from '../core/errors.js';
import type { RequestContext } from '../http/request-context.js';
import type { embeddingList } from './schemas.js';

type EmbeddingList = z.output<typeof embeddingList>;

const BYTES_PER_FLOAT = 4;

/**
 * Reads the vectors of an answer, in the order of the texts they are for: by `index`, where the server sends one. A text
 * whose vector is none gets an error in its place.
 * @returns undefined when there is not exactly one for each of `count` texts.
 */
export function readVectors(
  { data }: EmbeddingList,
  count: number,
  context: RequestContext,
): (number[] | InvalidResponseError)[] | undefined {
  if (data.length !== count) return undefined;
  const vectors = new Array<number[] | InvalidResponseError | undefined>(count).fill(undefined);
  for (const [position, { embedding, index }] of data.entries()) {
    const place = index ?? position;
    if (!(place in vectors) || vectors[place]) return undefined;
    vectors[place] = readVector(embedding, context);
  }
  return vectors as (number[] | InvalidResponseError)[];
}

function readVector(embedding: unknown, context: RequestContext): number[] | InvalidResponseError {
  const vector = valuesOf(typeof embedding === 'string' ? decodeFloats(embedding) : embedding);
  if (!vector || vector.length === 0) {
    return new InvalidResponseError('ElizaNet answered with something that is no vector', context);
  }
  if (isMadeUpVector(vector)) return new InvalidResponseError('ElizaNet answered with a made-up vector', context);
  return vector;
}

function valuesOf(embedding: unknown): number[] | undefined {
  if (embedding instanceof DecodedVector) return embedding.values;
  return Array.isArray(embedding) && embedding.every(Number.isFinite) ? embedding : undefined;
}

/** A vector that came as base64: its numbers are known to be finite, and need not be looked at again. */
export class DecodedVector {
  constructor(readonly values: number[]) {}
}

/** Where vectors are decoded, one after the other; grows to the widest. A buffer for each takes as long as the decoding. */
let bytes = Buffer.alloc(0);
let floats = new DataView(bytes.buffer);
/** What each vector begins as a copy of: an array that begins empty is made again when its first fraction comes. */
let blank: readonly number[] = [];

/**
 * Decodes little-endian float32 from base64, as OpenAI sends them: a quarter of the bytes of JSON's decimals, and a
 * tenth of the time.
 * @returns undefined for anything else, such as the sentence that a mock of LiteLLM puts where a vector belongs, and for
 * numbers that are not finite.
 */
export function decodeFloats(base64: string): DecodedVector | undefined {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const length = Math.floor(((base64.length - padding) * 3) / 4);
  if (length === 0 || length % BYTES_PER_FLOAT !== 0) return undefined;
  if (bytes.byteLength < length) {
    bytes = Buffer.alloc(length);
    floats = new DataView(bytes.buffer, bytes.byteOffset, length);
    blank = new Array<number>(length / BYTES_PER_FLOAT).fill(0.5);
  }
  // What is not base64 is skipped; then there are fewer bytes than there should be.
  if (bytes.write(base64, 'base64') !== length) return undefined;
  const values = blank.slice(0, length / BYTES_PER_FLOAT);
  for (let i = 0; i < values.length; i++) {
    const value = floats.getFloat32(i * BYTES_PER_FLOAT, true);
    if (!Number.isFinite(value)) return undefined;
    values[i] = value;
  }
  return new DecodedVector(values);
}
