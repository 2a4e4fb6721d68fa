/** Classes of characters that the published patterns tell apart, as bits so that one test asks for several. */
export const UPPER = 1;
export const LOWER = 2;
/** Letters without case: CJK, most other scripts, modifiers. The patterns let them stand for both cases. */
export const CASELESS = 4;
export const MARK = 8;
export const NUMBER = 16;
/** `\r` and `\n`, which the patterns treat apart from all other white space. */
export const NEWLINE = 32;
export const SPACE = 64;
export const OTHER = 128;

export const LETTER = UPPER | LOWER | CASELESS;

/**
 * White space as Unicode and tiktoken have it. JavaScript's own `\s` is another set: it has U+FEFF, which every file
 * with a byte order mark starts with, and lacks U+0085.
 */
const WHITE_SPACE = /^\p{White_Space}$/u;
const UPPER_LETTER = /^[\p{Lu}\p{Lt}]$/u;
const LOWER_LETTER = /^\p{Ll}$/u;
const CASELESS_LETTER = /^[\p{Lm}\p{Lo}]$/u;
const COMBINING_MARK = /^\p{M}$/u;
const NUMERIC = /^\p{N}$/u;

/** By code point; 0 = not asked for yet. Untouched parts of it take no memory. */
const known = new Uint8Array(0x11_00_00);

/**
 * Class of the character that starts at a byte of well-formed UTF-8.
 * Characters that are younger than the JavaScript engine's Unicode tables are `OTHER`.
 */
export function classAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  const codePoint = lead < 0x80 ? lead : codePointAt(bytes, at, lead);
  return known[codePoint] || learn(codePoint);
}

/** How many bytes a character takes, by its first one. */
export function widthOf(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** @returns the end of the run of characters of these classes that starts at `at`, which may be empty. */
export function skip(bytes: Uint8Array, at: number, classes: number): number {
  const end = bytes.length;
  while (at < end) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      if (((known[lead] || learn(lead)) & classes) === 0) break;
      at++;
    } else {
      if ((classAt(bytes, at) & classes) === 0) break;
      at += widthOf(lead);
    }
  }
  return at;
}

/** Where the character before `at` starts. */
export function previous(bytes: Uint8Array, at: number): number {
  do at--;
  while (((bytes[at] as number) & 0xc0) === 0x80);
  return at;
}

function codePointAt(bytes: Uint8Array, at: number, lead: number): number {
  const second = (bytes[at + 1] as number) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = (bytes[at + 2] as number) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | ((bytes[at + 3] as number) & 0x3f);
}

function learn(codePoint: number): number {
  const found = classify(codePoint);
  known[codePoint] = found;
  return found;
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (character === '\r' || character === '\n') return NEWLINE;
  if (WHITE_SPACE.test(character)) return SPACE;
  if (LOWER_LETTER.test(character)) return LOWER;
  if (UPPER_LETTER.test(character)) return UPPER;
  if (CASELESS_LETTER.test(character)) return CASELESS;
  if (COMBINING_MARK.test(character)) return MARK;
  if (NUMERIC.test(character)) return NUMBER;
  return OTHER;
}
