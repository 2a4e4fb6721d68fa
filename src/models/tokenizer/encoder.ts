import { InvalidInputError } from '../../core/errors.js';
import { Merge } from './merge.js';
import { PieceCache } from './piece-cache.js';
import type { PieceEnd } from './split-text.js';
import { encodeUtf8, type Utf8 } from './utf8.js';
import { NONE, type Vocabulary } from './vocabulary.js';

/** How much is done between two pauses: a millisecond of work, or some more as long as the code is cold. */
const BYTES_PER_SLICE = 16_384;
const STEPS_PER_SLICE = 2_048;

/**
 * Turns text into the ids of an encoding and back, exactly as tiktoken does when it is told to take special tokens as
 * plain text. Time grows with n log n of the text, whatever it is: also one run of a letter.
 */
export class Encoder {
  readonly #cache = new PieceCache();
  readonly #merge: Merge;

  /** @param name of the encoding, for messages. */
  constructor(
    readonly name: string,
    private readonly vocabulary: Vocabulary,
    private readonly pieceEnd: PieceEnd,
  ) {
    this.#merge = new Merge(vocabulary, PieceCache.maxLength);
  }

  /** Encodes a text; pauses, when it is a long one, each time a few milliseconds have gone by. */
  *encode(text: string): Generator<void, number[]> {
    const source = encodeUtf8(text);
    const { bytes } = source;
    const ids: number[] = [];
    let pauseAt = BYTES_PER_SLICE;
    for (let start = 0; start < bytes.length; ) {
      const end = this.pieceEnd(bytes, start);
      const id = this.vocabulary.idOf(source, start, end);
      if (id !== NONE) ids.push(id);
      else if (end - start <= PieceCache.maxLength) this.#encodePiece(source, start, end, ids);
      else yield* this.#encodeLongPiece(source, start, end, ids);
      start = end;
      if (start < pauseAt) continue;
      pauseAt = start + BYTES_PER_SLICE;
      yield;
    }
    return ids;
  }

  /**
   * Turns ids back into text. What is no well-formed UTF-8, such as half a character, becomes U+FFFD.
   * @throws {InvalidInputError} when one of them is no id of this encoding: the rest would be another text.
   */
  decode(ids: readonly number[]): string {
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const tokenLength = this.vocabulary.lengthOf(ids[i] as number);
      if (tokenLength === 0) {
        throw new InvalidInputError(
          `tokens[${i}] is no token of ${this.name}; decode with the model that encoded them`,
        );
      }
      length += tokenLength;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const id of ids) at = this.vocabulary.write(id, bytes, at);
    return decoder.decode(bytes);
  }

  #encodePiece(text: Utf8, start: number, end: number, ids: number[]): void {
    const slot = this.#cache.slotOf(text.bytes, start, end);
    const known = this.#cache.get(slot, text.bytes, start, end);
    if (known) {
      for (let i = 0; i < known.length; i++) ids.push(known[i] as number);
      return;
    }
    const merge = this.#merge;
    const from = ids.length;
    merge.begin(text, start, end);
    merge.run(Number.POSITIVE_INFINITY, ids);
    this.#cache.set(slot, text.bytes, start, end, ids.slice(from));
  }

  *#encodeLongPiece(text: Utf8, start: number, end: number, ids: number[]): Generator<void, void> {
    const merge = new Merge(this.vocabulary, end - start);
    merge.begin(text, start, end);
    while (!merge.run(STEPS_PER_SLICE, ids)) yield;
  }
}

/** Without `ignoreBOM` a text that starts with a byte order mark would lose it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
