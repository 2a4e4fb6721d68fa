import type { z } from 'zod';
import { isMadeUpVector } from '../core/disguised-failure.js';
import { InvalidResponseError } from '../core/errors.js';
import type { embeddingList } from './schemas.js';
import type { RequestContext } from './send.js';

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
  const vector = typeof embedding === 'string' ? decodeFloats(embedding) : embedding;
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every(Number.isFinite)) {
    return new InvalidResponseError('ElizaNet answered with something that is no vector', context);
  }
  if (isMadeUpVector(vector)) return new InvalidResponseError('ElizaNet answered with a made-up vector', context);
  return vector;
}

/** Where vectors are decoded, one after the other; grows to the widest. A buffer for each takes as long as the decoding. */
let bytes = Buffer.alloc(0);
let floats = new DataView(bytes.buffer);

/**
 * Decodes little-endian float32 from base64, as OpenAI sends them: a quarter of the bytes of JSON's decimals, and a
 * tenth of the time.
 * @returns undefined for anything else, such as the sentence that a mock of LiteLLM puts where a vector belongs.
 */
export function decodeFloats(base64: string): number[] | undefined {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const length = Math.floor(((base64.length - padding) * 3) / 4);
  if (length === 0 || length % BYTES_PER_FLOAT !== 0) return undefined;
  if (bytes.byteLength < length) {
    bytes = Buffer.alloc(length);
    floats = new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  // What is not base64 is skipped; then there are fewer bytes than there should be.
  if (bytes.write(base64, 'base64') !== length) return undefined;
  const vector = new Array<number>(length / BYTES_PER_FLOAT);
  for (let i = 0; i < vector.length; i++) vector[i] = floats.getFloat32(i * BYTES_PER_FLOAT, true);
  return vector;
}
