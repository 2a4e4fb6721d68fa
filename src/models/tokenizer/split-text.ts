import {
  CASELESS,
  classAt,
  LETTER,
  LOWER,
  MARK,
  NEWLINE,
  NUMBER,
  OTHER,
  previous,
  SPACE,
  skip,
  UPPER,
  widthOf,
} from './character-class.js';

/** Finds the end of the piece that starts at a byte of well-formed UTF-8. */
export type PieceEnd = (bytes: Uint8Array, start: number) => number;

const WORD_START = UPPER | CASELESS | MARK;
const WORD_END = LOWER | CASELESS | MARK;
const SYMBOL = OTHER | MARK;
const BLANK = SPACE | NEWLINE;

/** What may stand in front of a word and belong to it: anything but a line break, a letter or a number. */
const LEADING = SPACE | OTHER | MARK;

/**
 * Pieces of o200k_base. The published pattern's alternatives, in its order:
 *
 *     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 *     \p{N}{1,3} |  ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
 *
 * By hand rather than as a regular expression: everything here works on bytes, `\s` is another set in JavaScript than in
 * tiktoken, and V8's stack overflows when it backtracks over ten million characters.
 */
export const pieceEndO200k: PieceEnd = (bytes, start) => {
  const first = classAt(bytes, start);
  const second = start + widthOf(bytes[start] as number);
  if ((first & LEADING) !== 0) {
    const end = lowerWordEnd(bytes, second);
    if (end > 0) return contractionEnd(bytes, end);
  }
  if ((first & (LETTER | MARK)) !== 0) {
    const end = lowerWordEnd(bytes, start);
    if (end > 0) return contractionEnd(bytes, end);
  }
  // No word ends in lower case here, so what is left of the second alternative is a run of capitals.
  const capitals = (first & LEADING) !== 0 ? second : start;
  const capitalsEnd = skip(bytes, capitals, WORD_START);
  if (capitalsEnd > capitals) return contractionEnd(bytes, capitalsEnd);
  if ((first & NUMBER) !== 0) return numberEnd(bytes, start);
  const symbols = symbolsEnd(bytes, start);
  return symbols > 0 ? newlinesAndSlashesEnd(bytes, symbols) : blankEnd(bytes, start);
};

/**
 * Pieces of cl100k_base. The published pattern's alternatives, in its order:
 *
 *     (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3} |  ?[^\s\p{L}\p{N}]+[\r\n]*
 *     \s*[\r\n]+ | \s+(?!\S) | \s+
 */
export const pieceEndCl100k: PieceEnd = (bytes, start) => {
  const contraction = contractionEnd(bytes, start);
  if (contraction > start) return contraction;
  const first = classAt(bytes, start);
  const letters = (first & LEADING) !== 0 ? start + widthOf(bytes[start] as number) : start;
  const lettersEnd = skip(bytes, letters, LETTER);
  if (lettersEnd > letters) return lettersEnd;
  if ((first & NUMBER) !== 0) return numberEnd(bytes, start);
  const symbols = symbolsEnd(bytes, start);
  return symbols > 0 ? skip(bytes, symbols, NEWLINE) : blankEnd(bytes, start);
};

/** `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`; 0 when it does not match. */
function lowerWordEnd(bytes: Uint8Array, start: number): number {
  const runEnd = skip(bytes, start, WORD_START);
  const end = skip(bytes, runEnd, LOWER | CASELESS | MARK);
  if (end > runEnd) return end;
  // Nothing in lower case follows: the run gives back its tail, up to the last one that can stand for lower case.
  for (let at = runEnd; at > start; ) {
    const before = previous(bytes, at);
    if ((classAt(bytes, before) & WORD_END) !== 0) return at;
    at = before;
  }
  return 0;
}

/** `\p{N}{1,3}` at a number. */
function numberEnd(bytes: Uint8Array, start: number): number {
  let end = start;
  for (let count = 0; count < 3 && end < bytes.length && (classAt(bytes, end) & NUMBER) !== 0; count++) {
    end += widthOf(bytes[end] as number);
  }
  return end;
}

/** ` ?[^\s\p{L}\p{N}]+`; 0 when it does not match. */
function symbolsEnd(bytes: Uint8Array, start: number): number {
  const symbols = bytes[start] === 0x20 ? start + 1 : start;
  const end = skip(bytes, symbols, SYMBOL);
  return end > symbols ? end : 0;
}

/** `[\r\n/]*` */
function newlinesAndSlashesEnd(bytes: Uint8Array, start: number): number {
  let end = start;
  while (bytes[end] === 0x0a || bytes[end] === 0x0d || bytes[end] === 0x2f) end++;
  return end;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+` at white space. */
function blankEnd(bytes: Uint8Array, start: number): number {
  const runEnd = skip(bytes, start, BLANK);
  for (let at = runEnd; at > start; at--) if (bytes[at - 1] === 0x0a || bytes[at - 1] === 0x0d) return at;
  if (runEnd === bytes.length) return runEnd;
  // The last one stays with what follows it, unless it is the only one.
  const last = previous(bytes, runEnd);
  return last > start ? last : runEnd;
}

/**
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
 *
 * Without case U+017F is an s too; but no token reaches from it to what follows, so that it need not be cut off.
 */
function contractionEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== 0x27) return start;
  const second = (bytes[start + 2] as number) | 0x20;
  switch ((bytes[start + 1] as number) | 0x20) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return start + 2;
    case 0x72: // re
    case 0x76: // ve
      return second === 0x65 ? start + 3 : start;
    case 0x6c: // ll
      return second === 0x6c ? start + 3 : start;
    default:
      return start;
  }
}
