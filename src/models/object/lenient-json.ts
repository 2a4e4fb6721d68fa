import { type Backslashes, isQuote, readString } from './lenient-string.js';
import { MAX_DEPTH } from './plain-data.js';
import { TextCursor, UnreadableText } from './text-cursor.js';

export interface LenientOptions {
  /** Closes brackets that are open at the end of the text. An incomplete string or member is never completed. */
  closeAtEnd: boolean;
}

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['none', null],
]);

const BARE_KEY = /[\p{L}\p{N}_$-]+/uy;
const WORD = /[A-Za-z]+(?![\w$-])/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;

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
    if (error instanceof UnreadableText) return undefined;
    throw error;
  }
}

class LenientReader {
  readonly #cursor: TextCursor;
  readonly #backslashes: Backslashes = { literal: false, escape: false };
  #depth = 0;

  constructor(
    text: string,
    private readonly options: LenientOptions,
  ) {
    this.#cursor = new TextCursor(text);
  }

  read(): unknown {
    const value = this.#value();
    this.#cursor.skip();
    const { literal, escape: escaped } = this.#backslashes;
    // The model did not escape backslashes, so the `\n` in `C:\Users\new` can be two characters or one.
    return this.#cursor.char !== undefined || (literal && escaped) ? this.#cursor.fail() : value;
  }

  #value(): unknown {
    this.#cursor.skip();
    const { char } = this.#cursor;
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
    return isQuote(char) ? readString(this.#cursor, 'value', this.#backslashes) : this.#scalar();
  }

  #members(close: '}' | ']', readMember: () => void): void {
    const cursor = this.#cursor;
    if (++this.#depth > MAX_DEPTH) cursor.fail();
    cursor.at++;
    let mayFollow = true;
    let mayEnd = false;
    for (;;) {
      cursor.skip();
      if (cursor.char === close) {
        cursor.at++;
        break;
      }
      if (cursor.char === undefined && mayEnd && this.options.closeAtEnd) break;
      if (!mayFollow) cursor.fail();
      readMember();
      const brokeLine = cursor.skip();
      const hasComma = cursor.char === ',';
      if (hasComma) cursor.at++;
      mayFollow = hasComma || brokeLine;
      mayEnd = !hasComma;
    }
    this.#depth--;
  }

  #entry(): [string, unknown] {
    const cursor = this.#cursor;
    const isQuoted = isQuote(cursor.char);
    const key = isQuoted ? readString(cursor, 'key', this.#backslashes) : (cursor.match(BARE_KEY) ?? cursor.fail());
    cursor.skip();
    if (cursor.char !== ':') cursor.fail();
    cursor.at++;
    return [key, this.#value()];
  }

  #scalar(): unknown {
    const number = this.#cursor.match(NUMBER);
    if (number !== undefined) return Number(number);
    const word = this.#cursor.match(WORD)?.toLowerCase() ?? '';
    return WORDS.has(word) ? WORDS.get(word) : this.#cursor.fail();
  }
}
