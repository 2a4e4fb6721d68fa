import type { TextCursor } from './text-cursor.js';

/** How backslashes were read. Where both occur, it is unclear whether the model escaped backslashes at all. */
export interface Backslashes {
  /** As characters, because no JSON escape begins there. */
  literal: boolean;
  /** As the beginning of an escape. */
  escape: boolean;
}

/** What a string is decides which character may follow it. */
type Place = 'key' | 'value';

/** Opening quotes and the characters that close each. */
const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”“"'],
  ['”', '”"'],
  ['„', '“”"'],
  ['‘', "’‘'"],
  ['’', "’'"],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const PLAIN_RUN = /[^\\"'`“”„‘’]*/y;
const HEX_DIGIT = /[\da-fA-F]/;
const HEX_4 = /[\da-fA-F]{4}/y;
const LETTER = /\p{L}/u;

export function isQuote(char: string | undefined): boolean {
  return char !== undefined && QUOTES.has(char);
}

/**
 * Reads a string in any quotes, with unescaped quotes, line breaks and backslashes in it.
 * @param cursor at the opening quote.
 * @throws {UnreadableText} when the end of the string is uncertain.
 */
export function readString(cursor: TextCursor, place: Place, backslashes: Backslashes): string {
  const open = cursor.char ?? cursor.fail();
  const closing = QUOTES.get(open) ?? cursor.fail();
  // Python's `"""`.
  if (cursor.text.startsWith(open.repeat(3), cursor.at)) cursor.fail();
  cursor.at++;
  let value = '';
  let innerQuotes = 0;
  for (;;) {
    value += cursor.match(PLAIN_RUN);
    const char = cursor.char ?? cursor.fail();
    if (char === '\\') {
      value += readBackslash(cursor, backslashes);
      continue;
    }
    cursor.at++;
    if (closing.includes(char)) {
      if (endsString(cursor, cursor.at, place, closing)) break;
      if (place === 'key') cursor.fail();
      if (!isApostrophe(cursor, char)) innerQuotes++;
    }
    value += char;
  }
  // Inner quotes come in pairs. With an odd one, the end of the string is uncertain.
  return innerQuotes % 2 === 1 ? cursor.fail() : value;
}

/** Whether the quote before `at` ends its string. Decided by what follows. */
function endsString(cursor: TextCursor, at: number, place: Place, closing: string): boolean {
  const { space, nextAt, next } = cursor.lookPastSpace(at);
  if (place === 'key') return next === ':';
  if (next === undefined || ',}]'.includes(next) || cursor.isComment(nextAt)) return true;
  if (isQuote(next)) {
    if (space.includes('\n')) return true;
    // `"he said "yes""`: this quote is the inner one of two.
    if (space === '' && closing.includes(next) && endsString(cursor, at + 1, place, '')) return false;
    cursor.fail();
  }
  // A member without its comma, or a sum of strings.
  return ':+'.includes(next) ? cursor.fail() : false;
}

function isApostrophe({ text, at }: TextCursor, char: string): boolean {
  return "'’‘".includes(char) && LETTER.test(text[at - 2] ?? '') && LETTER.test(text[at] ?? '');
}

function readBackslash(cursor: TextCursor, backslashes: Backslashes): string {
  const next = cursor.text[cursor.at + 1] ?? cursor.fail();
  const character = isQuote(next) ? next : ESCAPES.get(next);
  if (character !== undefined) {
    cursor.at += 2;
    backslashes.escape ||= !isQuote(next);
    return character;
  }
  if (next === 'u' && HEX_DIGIT.test(cursor.text[cursor.at + 2] ?? '')) {
    cursor.at += 2;
    backslashes.escape = true;
    // With fewer than four digits it is unclear whether an escape was meant.
    return String.fromCharCode(Number.parseInt(cursor.match(HEX_4) ?? cursor.fail(), 16));
  }
  cursor.at++;
  backslashes.literal = true;
  return '\\';
}
