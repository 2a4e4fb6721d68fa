import { equal, hashBytes } from './vocabulary.js';

interface Entry {
  bytes: Uint8Array;
  ids: readonly number[];
}

/** A power of two. Full of long pieces the cache takes some 10 MB, of common ones a tenth of that. */
const SLOT_COUNT = 8_192;

/**
 * Remembers how pieces were encoded that are no tokens themselves: an agent's prompt repeats most of the one before.
 * A piece has two places; a new one takes the first, and what was there takes the second.
 */
export class PieceCache {
  /** Longest piece that is remembered, in bytes. */
  static readonly maxLength = 128;
  readonly #slots = new Array<Entry | undefined>(SLOT_COUNT).fill(undefined);

  /** The first of a piece's two places. */
  slotOf(bytes: Uint8Array, start: number, end: number): number {
    return hashBytes(bytes, start, end) & (SLOT_COUNT - 2);
  }

  /** The ids of a piece, or undefined when it is not remembered. */
  get(slot: number, bytes: Uint8Array, start: number, end: number): readonly number[] | undefined {
    return this.#at(slot, bytes, start, end) ?? this.#at(slot + 1, bytes, start, end);
  }

  set(slot: number, bytes: Uint8Array, start: number, end: number, ids: readonly number[]): void {
    this.#slots[slot + 1] = this.#slots[slot];
    this.#slots[slot] = { bytes: bytes.slice(start, end), ids };
  }

  #at(slot: number, bytes: Uint8Array, start: number, end: number): readonly number[] | undefined {
    const entry = this.#slots[slot];
    const length = end - start;
    if (entry === undefined || entry.bytes.length !== length) return undefined;
    return equal(entry.bytes, 0, bytes, start, length) ? entry.ids : undefined;
  }
}
