import { NONE, Vocabulary } from './vocabulary.js';

/** A published encoding, in the form in which `js-tiktoken/ranks/*` has it. */
export interface PublishedRanks {
  /** Lines of `! <id of the first token> <base64 of that token> <base64 of the next one> …`. */
  bpe_ranks: string;
  /** Ids of the tokens that stand for no text, by their names. */
  special_tokens: Readonly<Record<string, number>>;
}

/** How many tokens are read between two pauses: a fraction of a millisecond, or a few as long as the code is cold. */
const TOKENS_PER_SLICE = 1_024;
const HEADER = /^! (\d+) /;
const BLANK = 0x20;
const LINE_FEED = 0x0a;
const PADDING = 0x3d;

/** Values of base64 digits by their character codes; -1 for what is none. */
const DIGITS = new Int8Array(0x1_00).fill(-1);
for (const [value, digit] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
}

const encoder = new TextEncoder();

/**
 * Reads a published encoding. Pauses each time a few milliseconds may have gone by.
 * @throws {Error} when it has not the form described above.
 */
export function* readRanks(ranks: PublishedRanks): Generator<void, Vocabulary> {
  const source = encoder.encode(ranks.bpe_ranks);
  const specials = Object.entries(ranks.special_tokens);
  yield;
  // A blank stands before each token.
  const idCount = Math.max(countBlanks(source), ...specials.map(([, id]) => id + 1));
  yield;
  const vocabulary = new Vocabulary(source.length, idCount);
  const token = new Uint8Array(1024);
  let at = 0;
  while (at < source.length) {
    const header = HEADER.exec(ranks.bpe_ranks.slice(at, at + 32));
    if (!header) throw malformed(at);
    at += header[0].length;
    for (let id = Number(header[1]); ; id++) {
      const end = decodeBase64(source, at, token);
      vocabulary.add(id, token, ((end - at) * 3) >> 2);
      at = end;
      while (source[at] === PADDING) at++;
      if (id % TOKENS_PER_SLICE === 0) yield;
      const separator = source[at++];
      if (separator === LINE_FEED || separator === undefined) break;
      if (separator !== BLANK) throw malformed(at);
    }
  }
  for (const [name, id] of specials) {
    const bytes = encoder.encode(name);
    vocabulary.addSpecial(id, bytes, bytes.length);
  }
  if (vocabulary.byteIds.includes(NONE)) throw new Error('the published ranks lack a byte');
  return vocabulary;
}

/** Decodes the base64 digits from `at` on: three bytes for each four. @returns where they end. */
function decodeBase64(source: Uint8Array, at: number, target: Uint8Array): number {
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (; at < source.length; at++) {
    const digit = DIGITS[source[at] as number] as number;
    if (digit < 0) break;
    bits = (bits << 6) | digit;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    target[length++] = bits >> bitCount;
  }
  return at;
}

function countBlanks(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === BLANK) count++;
  return count;
}

function malformed(at: number): Error {
  return new Error(`the published ranks have an unknown form at character ${at}`);
}
