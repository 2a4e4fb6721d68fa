import { EncoderStore } from './encoder-store.js';
import type { EncodingName } from './encoding-name.js';
import { inSlices } from './in-slices.js';
import type { PublishedRanks } from './published-ranks.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Of two megabytes each: loaded when they are needed, never bundled. */
async function importRanks(name: EncodingName): Promise<PublishedRanks> {
  const ranks =
    name === 'o200k_base'
      ? await import('js-tiktoken/ranks/o200k_base')
      : await import('js-tiktoken/ranks/cl100k_base');
  return ranks.default;
}

/** One encoder per encoding and process: all runtimes share it. */
const encoders = new EncoderStore(importRanks, nextTurn);

/**
 * Ids of a text. Special tokens inside it are plain text.
 * @throws {TokenizerUnavailableError} when the encoding cannot be loaded.
 */
export async function encodeText(encoding: EncodingName, text: string): Promise<number[]> {
  const encoder = await encoders.get(encoding);
  return inSlices(encoder.encode(text), nextTurn);
}

/**
 * Text of ids; what is no well-formed UTF-8, such as half a character, becomes U+FFFD.
 * @throws {InvalidInputError} when one of them is no id of this encoding.
 * @throws {TokenizerUnavailableError} when the encoding cannot be loaded.
 */
export async function decodeText(encoding: EncodingName, ids: readonly number[]): Promise<string> {
  const encoder = await encoders.get(encoding);
  return encoder.decode(ids);
}
