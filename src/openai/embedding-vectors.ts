import type { z } from 'zod';
import { findVectorProblem } from '../core/embedding-vector.js';
import type { InvalidResponseError } from '../core/errors.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';
import type { embeddingList } from './schemas.js';

type EmbeddingList = z.output<typeof embeddingList>;

const BYTES_PER_FLOAT = 4;

/**
 * Reads the vectors of an answer, in the order of their texts: by `index` where the server sends it. A text whose
 * vector cannot be used gets an error in its place.
 * @returns undefined when there is not exactly one vector for each of `count` texts.
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
  const problem = Array.isArray(vector) ? findVectorProblem(vector) : 'something that is no vector';
  return problem === undefined ? (vector as number[]) : invalidResponse(`answered with ${problem}`, context);
}

/**
 * Decodes a vector that was sent as base64 of little-endian float32. OpenAI sends it so on request: a quarter of the
 * bytes of decimals, and a tenth of the time to parse.
 * @returns undefined for any other text, such as the sentence that LiteLLM's mock puts in a vector's place.
 */
export function decodeFloats(base64: string): number[] | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  // Buffer skips characters that are not base64, and then decodes to fewer bytes than the text has room for.
  if (bytes.length !== Math.floor(((base64.length - padding) * 3) / 4)) return undefined;
  if (bytes.length % BYTES_PER_FLOAT !== 0) return undefined;
  // A DataView reads 1,536 floats in 3 µs; `readFloatLE` takes 18 µs, `Array.from` of a Float32Array 38 µs.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = new Array<number>(bytes.length / BYTES_PER_FLOAT);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(i * BYTES_PER_FLOAT, true);
  return vector;
}
