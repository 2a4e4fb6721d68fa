import { allocateUtf8, type Utf8 } from './utf8.js';
import { NONE, type Vocabulary } from './vocabulary.js';

/** Above every position, so that a rank and a position make one number that sorts by rank, then from left to right. */
const POSITIONS = 2 ** 32;

/**
 * Byte pair encoding of one piece: of all neighbours that make a token together, those with the lowest rank are merged,
 * the leftmost first, until there are none.
 *
 * The parts are a linked list. Of the pairs that could be merged, those that come before both pairs they share a part
 * with wait in a heap: the first of all is always one of them, and there are few, of a run of one letter a handful. So n
 * bytes take n log n steps at most. The work can be left and taken up again.
 */
export class Merge {
  /** By the position of a part's first byte: the next part, the one before, its id, and the id it makes with the next. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #ids: Int32Array;
  readonly #ranks: Int32Array;
  /** Pairs as `rank * POSITIONS + position`, the least first. Those that have changed since are skipped when they come up. */
  #heap = new Float64Array(64);
  #heapSize = 0;
  #text: Utf8 = NO_TEXT;
  #start = 0;
  #length = 0;
  /** How many bytes have been made parts, and how many belong to parts whose ids have been appended. */
  #seeded = 0;
  #appended = 0;

  /** @param capacity longest piece, in bytes. */
  constructor(
    private readonly vocabulary: Vocabulary,
    capacity: number,
  ) {
    this.#next = new Int32Array(capacity);
    // One more, for what comes after the last part.
    this.#previous = new Int32Array(capacity + 1);
    this.#ids = new Int32Array(capacity);
    this.#ranks = new Int32Array(capacity);
  }

  /** Takes up a piece. What was left of another one is given up. */
  begin(text: Utf8, start: number, end: number): void {
    this.#text = text;
    this.#start = start;
    this.#length = end - start;
    this.#seeded = 0;
    this.#heapSize = 0;
    this.#appended = 0;
  }

  /**
   * Goes on for a number of steps.
   * @param ids what the ids of the parts are appended to, when all merges are done.
   * @returns whether the piece is done.
   */
  run(steps: number, ids: number[]): boolean {
    let left = this.#seed(steps);
    for (; left > 0 && this.#heapSize > 0; left--) {
      const pair = this.#pop();
      const rank = Math.floor(pair / POSITIONS);
      const at = pair - rank * POSITIONS;
      if (this.#ranks[at] === rank) this.#join(at, rank);
    }
    for (; left > 0 && this.#appended < this.#length; left--) {
      ids.push(this.#ids[this.#appended] as number);
      this.#appended = this.#next[this.#appended] as number;
    }
    if (this.#appended < this.#length) return false;
    this.#text = NO_TEXT;
    return true;
  }

  /** Makes every byte a part. @returns the steps left. */
  #seed(steps: number): number {
    const { bytes } = this.#text;
    const { byteIds, pairIds } = this.vocabulary;
    const last = this.#length - 1;
    const from = this.#seeded;
    const to = Math.min(this.#length, from + steps);
    for (let at = from; at < to; at++) {
      const byte = bytes[this.#start + at] as number;
      this.#next[at] = at + 1;
      this.#previous[at] = at - 1;
      this.#ids[at] = byteIds[byte] as number;
      this.#ranks[at] = at < last ? (pairIds[(byte << 8) | (bytes[this.#start + at + 1] as number)] as number) : NONE;
      if (at > 0) this.#offer(at - 1);
    }
    this.#seeded = to;
    return steps - (to - from);
  }

  /** Merges a part with the next one. */
  #join(at: number, id: number): void {
    const ranks = this.#ranks;
    const gone = this.#next[at] as number;
    const after = this.#next[gone] as number;
    const goneRank = ranks[gone] as number;
    ranks[gone] = NONE;
    this.#ids[at] = id;
    this.#next[at] = after;
    this.#previous[after] = at;
    ranks[at] = this.#rankAt(at);
    if (at > 0) {
      const before = this.#previous[at] as number;
      const beforeRank = ranks[before] as number;
      ranks[before] = this.#rankAt(before);
      this.#offer(before);
      // The pair to the left of it may have had to wait for what it was until now.
      const further = this.#previous[before] as number;
      if (before > 0 && beforeRank < (ranks[further] as number)) this.#offer(further);
    }
    this.#offer(at);
    if (after < this.#length && goneRank <= (ranks[after] as number)) this.#offer(after);
  }

  /** The id that a part makes with the next one, or `NONE`. */
  #rankAt(at: number): number {
    const second = this.#next[at] as number;
    if (second === this.#length) return NONE;
    return this.vocabulary.idOf(this.#text, this.#start + at, this.#start + (this.#next[second] as number));
  }

  /** Puts a pair into the heap, unless it has to wait for one that it shares a part with. */
  #offer(at: number): void {
    const ranks = this.#ranks;
    const rank = ranks[at] as number;
    if (rank === NONE) return;
    if (at > 0 && (ranks[this.#previous[at] as number] as number) <= rank) return;
    if ((ranks[this.#next[at] as number] as number) < rank) return;
    this.#push(rank * POSITIONS + at);
  }

  #push(pair: number): void {
    if (this.#heapSize === this.#heap.length) {
      const heap = new Float64Array(2 * this.#heapSize);
      heap.set(this.#heap);
      this.#heap = heap;
    }
    const heap = this.#heap;
    let at = this.#heapSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= pair) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = pair;
  }

  #pop(): number {
    const heap = this.#heap;
    const least = heap[0] as number;
    const size = --this.#heapSize;
    const pair = heap[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= pair) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = pair;
    return least;
  }
}

const NO_TEXT = allocateUtf8(0);
