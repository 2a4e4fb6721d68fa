import { InvalidInputError } from '../../core/errors.js';
import { mergePairs } from './merge-pairs.js';
import { piecePattern } from './piece-pattern.js';
import type { Vocabulary } from './vocabulary.js';

/** Work between two turns of the event loop: pieces that are tokens, and characters of all others. Some milliseconds. */
const STEPS_PER_SLICE = 4_096;
/** Most pieces, and longest piece in characters, of the cache: full of the longest it takes 10 MB, of common ones 1 MB. */
const CACHED_PIECES = 10_000;
const CACHED_LENGTH = 128;

const NOT_ASCII = /[^\0-\x7f]/;
/** Without `ignoreBOM` a text that starts with a byte order mark would lose it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Turns text into the ids of an encoding and back, as tiktoken does when it takes special tokens as plain text.
 * Time grows with n log n of the text, also for one run of a letter.
 */
export class Encoder {
  readonly #pattern: RegExp;
  /**
   * Ids of pieces that are more than one token, since an agent's prompt repeats most of the one before. Without it a
   * repeated Chinese text takes 15 times as long, and more than in gpt-tokenizer. Emptied when it is full.
   */
  readonly #cache = new Map<string, readonly number[]>();

  /**
   * @param name of the encoding, for messages.
   * @param pattern of the pieces, as published.
   */
  constructor(
    readonly name: string,
    private readonly vocabulary: Vocabulary,
    pattern: string,
  ) {
    this.#pattern = piecePattern(pattern);
  }

  /** Encodes a text; yields where the event loop may have its turn. A lone surrogate is taken as U+FFFD. */
  *encode(text: string): Generator<void, number[]> {
    const ids: number[] = [];
    const pattern = this.#pattern;
    let steps = 0;
    for (let start = 0; start < text.length; ) {
      // Set each time, since other calls use it between the slices.
      pattern.lastIndex = start;
      // The published patterns match everywhere; with another one this would never end.
      if (!pattern.test(text)) throw new Error(`the pattern of ${this.name} leaves out character ${start}`);
      const piece = text.slice(start, pattern.lastIndex);
      start += piece.length;
      const whole = NOT_ASCII.test(piece) ? undefined : this.vocabulary.ids.get(piece);
      if (whole !== undefined) {
        ids.push(whole);
        steps++;
      } else {
        for (const id of this.#cache.get(piece) ?? (yield* this.#encodePiece(piece))) ids.push(id);
        steps += piece.length;
      }
      if (steps < STEPS_PER_SLICE) continue;
      steps = 0;
      yield;
    }
    return ids;
  }

  /**
   * Turns ids back into text. What is no well-formed UTF-8, such as half a character, becomes U+FFFD.
   * @throws {InvalidInputError} when one of them is no id of this encoding: the rest would be another text.
   */
  decode(ids: readonly number[]): string {
    const tokens = ids.map((id, index) => {
      const token = this.vocabulary.tokens[id];
      if (token !== undefined) return token;
      throw new InvalidInputError(
        `tokens[${index}] is no token of ${this.name}; decode with the model that encoded them`,
      );
    });
    return decoder.decode(Buffer.from(tokens.join(''), 'latin1'));
  }

  *#encodePiece(piece: string): Generator<void, readonly number[]> {
    const ids = yield* mergePairs(Buffer.from(piece).toString('latin1'), this.vocabulary);
    if (piece.length > CACHED_LENGTH) return ids;
    if (this.#cache.size === CACHED_PIECES) this.#cache.clear();
    // A copy, since a slice of a text keeps the whole text in memory.
    this.#cache.set(Buffer.from(piece, 'utf16le').toString('utf16le'), ids);
    return ids;
  }
}
