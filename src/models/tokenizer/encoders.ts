import type { TiktokenBPE } from 'js-tiktoken/lite';
import { TokenizerUnavailableError } from '../../core/errors.js';
import { Encoder } from './encoder.js';
import type { EncodingName } from './encoding-name.js';
import { readVocabulary } from './vocabulary.js';

/** Of two megabytes each: loaded when they are needed, never bundled. */
async function importRanks(name: EncodingName): Promise<TiktokenBPE> {
  const ranks =
    name === 'o200k_base'
      ? await import('js-tiktoken/ranks/o200k_base')
      : await import('js-tiktoken/ranks/cl100k_base');
  return ranks.default;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Does work in slices: where it yields, everything else that waits has its turn. */
async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}

/** Builds each encoder once, when it is first asked for. A build that fails is tried again the next time. */
export class Encoders {
  readonly #encoders = new Map<EncodingName, Promise<Encoder>>();

  /** @param load gets the published ranks of an encoding. */
  constructor(private readonly load: (name: EncodingName) => Promise<TiktokenBPE>) {}

  /** @throws {TokenizerUnavailableError} when it cannot be built. */
  get(name: EncodingName): Promise<Encoder> {
    const known = this.#encoders.get(name);
    if (known) return known;
    const encoder = this.#build(name);
    this.#encoders.set(name, encoder);
    return encoder;
  }

  async #build(name: EncodingName): Promise<Encoder> {
    try {
      const ranks = await this.load(name);
      return new Encoder(name, await inSlices(readVocabulary(ranks)), ranks.pat_str);
    } catch (cause) {
      this.#encoders.delete(name);
      throw new TokenizerUnavailableError(name, cause);
    }
  }
}

/** One encoder per encoding and process: all runtimes share it. */
const encoders = new Encoders(importRanks);

/**
 * Ids of a text. Special tokens inside it are plain text.
 * @throws {TokenizerUnavailableError} when the encoding cannot be loaded.
 */
export async function encodeText(encoding: EncodingName, text: string): Promise<number[]> {
  const encoder = await encoders.get(encoding);
  return inSlices(encoder.encode(text));
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
