import { MAX_DEPTH } from './plain-data.js';

export interface LenientOptions {
  /** Closes brackets that are open at the end of the text. An incomplete string or member is never completed. */
  closeAtEnd: boolean;
}

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
const ESCAPES: ReadonlyMap<string | undefined, string> = new Map([
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['none', null],
]);

const SPACE = /[\s\u180e\u200b]*/y;
const PLAIN_RUN = /[^\\"'`“”„‘’]*/y;
const BARE_KEY = /[\p{L}\p{N}_$-]+/uy;
const WORD = /[A-Za-z]+(?![\w$-])/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const HEX_4 = /[\da-fA-F]{4}/y;
const LETTER = /\p{L}/u;

/**
 * Reads JSON with the mistakes that models make: trailing commas, a line break in place of a comma, single, typographic
 * or no quotes (keys only), unescaped quotes and line breaks inside strings, comments, Python's words, and backslashes
 * that were not escaped (`C:\Users`, `\d+`).
 *
 * Every character of a key or value is kept as it was written, and none is added. A text that can be read in two ways is
 * not read. Takes time linear in the length of the text.
 * @returns undefined for a text that cannot be read.
 */
export function parseLenient(text: string, options: LenientOptions): unknown {
  try {
    return new LenientReader(text, options).read();
  } catch (error) {
    if (error instanceof UnreadableJson) return undefined;
    throw error;
  }
}

class UnreadableJson extends Error {}

class LenientReader {
  #at = 0;
  #depth = 0;
  /** A backslash was kept as a character, because no JSON escape begins there. */
  #hasLiteralBackslash = false;
  /** A backslash was read as the beginning of an escape. */
  #hasEscape = false;

  constructor(
    private readonly text: string,
    private readonly options: LenientOptions,
  ) {}

  read(): unknown {
    const value = this.#value();
    this.#skip();
    if (this.#at < this.text.length) this.#fail();
    // The model did not escape backslashes, so the `\n` in `C:\Users\new` can be two characters or one.
    if (this.#hasLiteralBackslash && this.#hasEscape) this.#fail();
    return value;
  }

  #value(): unknown {
    this.#skip();
    const char = this.text[this.#at] ?? this.#fail();
    if (char === '{') {
      const entries: [string, unknown][] = [];
      this.#members('}', () => entries.push(this.#entry()));
      // Unlike an assignment, this creates an own key for `__proto__`.
      return Object.fromEntries(entries);
    }
    if (char === '[') {
      const elements: unknown[] = [];
      this.#members(']', () => elements.push(this.#value()));
      return elements;
    }
    return QUOTES.has(char) ? this.#string('value') : this.#scalar();
  }

  #members(close: '}' | ']', readMember: () => void): void {
    if (++this.#depth > MAX_DEPTH) this.#fail();
    this.#at++;
    let mayFollow = true;
    let mayEnd = false;
    for (;;) {
      this.#skip();
      const char = this.text[this.#at];
      if (char === close) {
        this.#at++;
        break;
      }
      if (char === undefined && mayEnd && this.options.closeAtEnd) break;
      if (!mayFollow) this.#fail();
      readMember();
      const brokeLine = this.#skip();
      const hasComma = this.text[this.#at] === ',';
      if (hasComma) this.#at++;
      mayFollow = hasComma || brokeLine;
      mayEnd = !hasComma;
    }
    this.#depth--;
  }

  #entry(): [string, unknown] {
    const isQuoted = QUOTES.has(this.text[this.#at] ?? '');
    const key = isQuoted ? this.#string('key') : (this.#match(BARE_KEY) ?? this.#fail());
    this.#skip();
    if (this.text[this.#at++] !== ':') this.#fail();
    return [key, this.#value()];
  }

  #scalar(): unknown {
    const number = this.#match(NUMBER);
    if (number !== undefined) return Number(number);
    const word = this.#match(WORD)?.toLowerCase() ?? '';
    return WORDS.has(word) ? WORDS.get(word) : this.#fail();
  }

  #string(place: 'key' | 'value'): string {
    const open = this.text[this.#at] as string;
    const closing = QUOTES.get(open) as string;
    // Python's `"""`.
    if (this.text.startsWith(open.repeat(3), this.#at)) this.#fail();
    this.#at++;
    let value = '';
    let innerQuotes = 0;
    for (;;) {
      value += this.#match(PLAIN_RUN);
      const char = this.text[this.#at] ?? this.#fail();
      if (char === '\\') {
        value += this.#escape();
        continue;
      }
      this.#at++;
      if (closing.includes(char)) {
        if (this.#stringEnds(this.#at, place, closing)) break;
        if (place === 'key') this.#fail();
        if (!this.#isApostrophe(char)) innerQuotes++;
      }
      value += char;
    }
    // Inner quotes come in pairs. With an odd one, the end of the string is uncertain.
    if (innerQuotes % 2 === 1) this.#fail();
    return value;
  }

  /** Whether the quote before `at` ends its string. Decided by what follows. */
  #stringEnds(at: number, place: 'key' | 'value', closing: string): boolean {
    const { text } = this;
    SPACE.lastIndex = at;
    const space = SPACE.exec(text)?.[0] ?? '';
    const next = text[at + space.length];
    if (place === 'key') return next === ':';
    if (next === undefined || ',}]'.includes(next)) return true;
    if (/^\/[/*]/.test(text.slice(at + space.length, at + space.length + 2))) return true;
    if (QUOTES.has(next)) {
      if (space.includes('\n')) return true;
      // `"he said "yes""`: this quote is the inner one of two.
      if (space === '' && closing.includes(next) && this.#stringEnds(at + 1, place, '')) return false;
      this.#fail();
    }
    // A member without its comma, or a sum of strings.
    return ':+'.includes(next) ? this.#fail() : false;
  }

  #isApostrophe(char: string): boolean {
    if (char !== "'" && char !== '’' && char !== '‘') return false;
    return LETTER.test(this.text[this.#at - 2] ?? '') && LETTER.test(this.text[this.#at] ?? '');
  }

  #escape(): string {
    const next = this.text[this.#at + 1] ?? this.#fail();
    if (QUOTES.has(next)) {
      this.#at += 2;
      return next;
    }
    const character = ESCAPES.get(next);
    if (character !== undefined) {
      this.#at += 2;
      this.#hasEscape = true;
      return character;
    }
    if (next === 'u' && /[\da-f]/i.test(this.text[this.#at + 2] ?? '')) {
      this.#at += 2;
      this.#hasEscape = true;
      // With fewer than four digits it is unclear whether an escape was meant.
      return String.fromCharCode(Number.parseInt(this.#match(HEX_4) ?? this.#fail(), 16));
    }
    this.#at++;
    this.#hasLiteralBackslash = true;
    return '\\';
  }

  /** Skips white space and comments. @returns whether there was a line break. */
  #skip(): boolean {
    const { text } = this;
    const start = this.#at;
    for (;;) {
      this.#match(SPACE);
      if (text.startsWith('//', this.#at)) this.#skipPast('\n');
      else if (text.startsWith('/*', this.#at)) this.#skipPast('*/');
      else break;
    }
    return this.#at > start && text.slice(start, this.#at).includes('\n');
  }

  #skipPast(end: string): void {
    const index = this.text.indexOf(end, this.#at + 2);
    // A comment without an end hides the closing brackets.
    this.#at = index < 0 ? this.#fail() : index + end.length;
  }

  /** @param pattern sticky. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  #fail(): never {
    throw new UnreadableJson();
  }
}
