import { allocateUtf8, type Utf8 } from './utf8.js';

/** The id of no token. Greater than every other, so that the least of several ids needs no test for it. */
export const NONE = 0x7fff_ffff;

/** Bytes of a token that a slot of the table has room for; of a longer one it holds a hash. */
const WORDS_LENGTH = 8;
/** By length: the bits of the first and of the second four bytes that belong to the token. */
const LOW_BITS = Int32Array.of(0, 0xff, 0xff_ff, 0xff_ff_ff, -1, -1, -1, -1, -1);
const HIGH_BITS = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xff_ff, 0xff_ff_ff, -1);

const ID_BITS = 18;
const ID_MASK = (1 << ID_BITS) - 1;
/** Longest token that a slot can tell the length of. */
const MAX_LENGTH = (1 << (31 - ID_BITS)) - 1;

/**
 * The tokens of an encoding, by their bytes and by their id. An id is also a rank: of two merges, the one that makes the
 * lower id comes first.
 *
 * It all lies in a few typed arrays, some 12 MB for 200,000 tokens. A look-up of up to eight bytes, which is what most
 * tokens have, loops over nothing and touches one line of memory.
 */
export class Vocabulary {
  /** Ids of single bytes. All 256 are tokens, so that every text can be encoded. */
  readonly byteIds = new Int32Array(0x1_00).fill(NONE);
  /** Ids of the tokens of two bytes, by `first << 8 | second`: what every merge begins with. */
  readonly pairIds = new Int32Array(0x1_00_00).fill(NONE);
  /** The bytes of all tokens, one after the other, and by id where they start and end. */
  readonly #text: Utf8;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #used = 0;
  /**
   * A hash table, at most half full. A slot has four numbers: the token's first four bytes (the hash of a long one), its
   * next four bytes, its length and its id + 1 (0 in a free slot), and where its bytes start.
   */
  readonly #slots: Int32Array;
  readonly #slotMask: number;
  /** A bit for each hash that a token has: most of what a merge looks up is none, and this much stays in the cache. */
  readonly #hashes: Int32Array;
  #longest = 0;

  /**
   * @param byteCount length of all tokens together, at most.
   * @param idCount one more than the highest id, at most.
   */
  constructor(byteCount: number, idCount: number) {
    if (idCount > ID_MASK) throw new RangeError(`${idCount} tokens are more than the ${ID_MASK} there is room for`);
    this.#text = allocateUtf8(byteCount);
    this.#starts = new Uint32Array(idCount);
    this.#ends = new Uint32Array(idCount);
    const slotCount = 2 ** Math.ceil(Math.log2(2 * idCount));
    this.#slots = new Int32Array(4 * slotCount);
    this.#slotMask = 4 * slotCount - 1;
    this.#hashes = new Int32Array(Math.max(1, slotCount / 8));
  }

  /**
   * Takes in a token that stands for text: the first `length` of these bytes.
   * @throws {RangeError} when there are not as many, or none.
   */
  add(id: number, token: Uint8Array, length: number): void {
    if (length === 0 || length > Math.min(token.length, MAX_LENGTH))
      throw new RangeError(`a token cannot have ${length} bytes`);
    const start = this.#used;
    const end = start + length;
    this.addSpecial(id, token, length);
    const { bytes, words } = this.#text;
    if (length === 1) this.byteIds[bytes[start] as number] = id;
    if (length === 2) this.pairIds[((bytes[start] as number) << 8) | (bytes[start + 1] as number)] = id;
    if (length > this.#longest) this.#longest = length;

    const isLong = length > WORDS_LENGTH;
    // What follows it in the array is still 0.
    const low = isLong ? hashBytes(bytes, start, end) : words.getInt32(start, true);
    const high = isLong ? 0 : words.getInt32(start + 4, true);
    const slots = this.#slots;
    const hash = isLong ? low : hashWords(low, high, length);
    const word = this.#hashWord(hash);
    this.#hashes[word] = (this.#hashes[word] as number) | (1 << hash);
    let slot = this.#firstSlot(hash);
    while (slots[slot + 2] !== 0) slot = this.#nextSlot(slot);
    slots[slot] = low;
    slots[slot + 1] = high;
    slots[slot + 2] = (length << ID_BITS) | (id + 1);
    slots[slot + 3] = start;
  }

  /** Takes in a token that no text is encoded to, and that is decoded to these bytes. */
  addSpecial(id: number, token: Uint8Array, length: number): void {
    const { bytes } = this.#text;
    this.#starts[id] = this.#used;
    for (let at = 0; at < length; at++) bytes[this.#used++] = token[at] as number;
    this.#ends[id] = this.#used;
  }

  /** Id of the token with the bytes from `start` to `end`, or `NONE`. */
  idOf(text: Utf8, start: number, end: number): number {
    const length = end - start;
    if (length > WORDS_LENGTH) return this.#idOfLong(text.bytes, start, end);
    const low = text.words.getInt32(start, true) & (LOW_BITS[length] as number);
    const high = text.words.getInt32(start + 4, true) & (HIGH_BITS[length] as number);
    const hash = hashWords(low, high, length);
    if ((((this.#hashes[this.#hashWord(hash)] as number) >>> hash) & 1) === 0) return NONE;
    const slots = this.#slots;
    for (let slot = this.#firstSlot(hash); ; slot = this.#nextSlot(slot)) {
      const entry = slots[slot + 2] as number;
      if (entry === 0) return NONE;
      if (slots[slot] === low && slots[slot + 1] === high && entry >> ID_BITS === length) return (entry & ID_MASK) - 1;
    }
  }

  /** Length of a token in bytes; 0 for what is no id of one. */
  lengthOf(id: number): number {
    return id < this.#starts.length ? (this.#ends[id] as number) - (this.#starts[id] as number) : 0;
  }

  /** Writes the bytes of a token. @returns where they end. */
  write(id: number, target: Uint8Array, at: number): number {
    const { bytes } = this.#text;
    const end = this.#ends[id] as number;
    for (let from = this.#starts[id] as number; from < end; from++) target[at++] = bytes[from] as number;
    return at;
  }

  #idOfLong(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > this.#longest) return NONE;
    const hash = hashBytes(bytes, start, end);
    const slots = this.#slots;
    for (let slot = this.#firstSlot(hash); ; slot = this.#nextSlot(slot)) {
      const entry = slots[slot + 2] as number;
      if (entry === 0) return NONE;
      if (slots[slot] !== hash || entry >> ID_BITS !== length) continue;
      if (equal(this.#text.bytes, slots[slot + 3] as number, bytes, start, length)) return (entry & ID_MASK) - 1;
    }
  }

  #hashWord(hash: number): number {
    return (hash >>> 5) & (this.#hashes.length - 1);
  }

  #firstSlot(hash: number): number {
    return (hash << 2) & this.#slotMask;
  }

  #nextSlot(slot: number): number {
    return (slot + 4) & this.#slotMask;
  }
}

/** Hash of bytes of any number. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x0100_0193);
  return hash ^ (hash >>> 15);
}

/** Whether `length` bytes of one array from `at` on are those of another from `otherAt` on. */
export function equal(bytes: Uint8Array, at: number, other: Uint8Array, otherAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== other[otherAt + i]) return false;
  return true;
}

function hashWords(low: number, high: number, length: number): number {
  const hash = Math.imul(low ^ Math.imul(high + length, 0x85eb_ca6b), 0x9e37_79b1);
  return Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) ^ (hash >>> 13);
}
