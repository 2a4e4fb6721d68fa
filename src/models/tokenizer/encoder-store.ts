import { TokenizerUnavailableError } from '../../core/errors.js';
import { Encoder } from './encoder.js';
import type { EncodingName } from './encoding-name.js';
import { inSlices, type Pause } from './in-slices.js';
import { type PublishedRanks, readRanks } from './published-ranks.js';
import { type PieceEnd, pieceEndCl100k, pieceEndO200k } from './split-text.js';

const PIECE_ENDS: Readonly<Record<EncodingName, PieceEnd>> = {
  o200k_base: pieceEndO200k,
  cl100k_base: pieceEndCl100k,
};

/** Builds each encoder once, when it is first asked for. A build that fails is tried again the next time. */
export class EncoderStore {
  readonly #encoders = new Map<EncodingName, Promise<Encoder>>();

  /**
   * @param load gets the published ranks of an encoding.
   * @param pause between the slices of a build.
   */
  constructor(
    private readonly load: (name: EncodingName) => Promise<PublishedRanks>,
    private readonly pause: Pause,
  ) {}

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
      const vocabulary = await inSlices(readRanks(await this.load(name)), this.pause);
      return new Encoder(name, vocabulary, PIECE_ENDS[name]);
    } catch (cause) {
      this.#encoders.delete(name);
      throw new TokenizerUnavailableError(name, cause);
    }
  }
}
