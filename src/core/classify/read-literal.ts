import { PATTERNS } from './patterns.js';

/** Nothing is read below this depth, or after this many values. */
const MAX_DEPTH = 8;
const MAX_VALUES = 1000;

const CONSTANTS = new Map<string, unknown>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['null', null],
  ['None', null],
]);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * Reads the JSON value or Python literal that a text begins with: `{"error":{"code":429}}`, `{'error': {'param': None}}`,
 * `b'{…}'`, which is how LiteLLM and Python clients print response bodies. A truncated text gives what it
 * contains. Objects have no prototype. Takes linear time and never throws.
 * @returns undefined when the text does not begin with `{`, `[` or a quote.
 */
export function readLiteral(text: string): unknown {
  return PATTERNS.literalStart.test(text) ? new LiteralReader(text).read(0) : undefined;
}

class LiteralReader {
  #at = 0;
  #values = 0;

  constructor(private readonly text: string) {}

  read(depth: number): unknown {
    this.#skip(' \t\r\n');
    if (depth > MAX_DEPTH || ++this.#values > MAX_VALUES) return this.#end();
    if (this.#peek() === 'b' && isQuote(this.text[this.#at + 1])) this.#at++;
    const first = this.#peek();
    if (isQuote(first)) return this.#string(first);
    if (first === '{') return this.#object(depth + 1);
    if (first === '[') return this.#array(depth + 1);
    return this.#word();
  }

  #object(depth: number): unknown {
    const object: Record<string, unknown> = Object.create(null);
    this.#at++;
    while (this.#hasMore('}')) {
      const key = this.read(depth);
      this.#skip(' \t\r\n:');
      const value = this.read(depth);
      if (typeof key === 'string') object[key] = value;
    }
    return object;
  }

  #array(depth: number): unknown {
    const array: unknown[] = [];
    this.#at++;
    while (this.#hasMore(']')) array.push(this.read(depth));
    return array;
  }

  #string(quote: string): string {
    let value = '';
    let from = ++this.#at;
    for (; this.#at < this.text.length && this.#peek() !== quote; this.#at++) {
      if (this.#peek() !== '\\') continue;
      value += this.text.slice(from, this.#at) + this.#escape();
      from = this.#at + 1;
    }
    value += this.text.slice(from, this.#at);
    this.#at++;
    return value;
  }

  /** Leaves the position at the last character of the escape. */
  #escape(): string {
    const escaped = this.text[++this.#at] ?? '';
    const digits = escaped === 'u' ? 4 : escaped === 'x' ? 2 : 0;
    const hex = this.text.slice(this.#at + 1, this.#at + 1 + digits);
    if (digits === 0 || !PATTERNS.hex.test(hex)) return ESCAPES[escaped] ?? escaped;
    this.#at += hex.length;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #word(): unknown {
    const from = this.#at;
    while (this.#at < this.text.length && !',:}] \t\r\n'.includes(this.#peek())) this.#at++;
    const word = this.text.slice(from, this.#at);
    // Skip a character that no value can begin with.
    if (word === '') this.#at++;
    return CONSTANTS.has(word)
      ? CONSTANTS.get(word)
      : word !== '' && !Number.isNaN(Number(word))
        ? Number(word)
        : undefined;
  }

  #hasMore(closing: string): boolean {
    this.#skip(' \t\r\n,');
    if (this.#at >= this.text.length) return false;
    if (this.#peek() !== closing) return true;
    this.#at++;
    return false;
  }

  #skip(characters: string): void {
    while (this.#at < this.text.length && characters.includes(this.#peek())) this.#at++;
  }

  #peek(): string {
    return this.text.charAt(this.#at);
  }

  #end(): undefined {
    this.#at = this.text.length;
  }
}

function isQuote(character: string | undefined): character is '"' | "'" {
  return character === '"' || character === "'";
}
