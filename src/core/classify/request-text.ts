import { firstItems, isArray, isForeign, read, safely } from './foreign.js';
import { PATTERNS } from './patterns.js';

/** No more of a request than this is searched; a prompt has at most a million characters by default. */
const MAX_CHARS = 2_000_000;
const MAX_VALUES = 10_000;
/** Places in a request that are compared with one phrase. */
const MAX_PLACES = 1_000;

/**
 * The text of a request: prompt, messages, addresses. Providers quote it in their errors and users choose it, so a phrase
 * that it contains is not evidence. Read on first use: status and code classify most failures.
 */
export class RequestText {
  #texts: string[] | undefined;
  #isWhole = true;

  /** @param sources anything the request was made of: params, a body, an address. */
  constructor(private readonly sources: readonly unknown[]) {}

  /**
   * Whether the request contains a phrase, regardless of case, spacing and punctuation. The work is bounded: true as well
   * when the request is too long to be searched.
   */
  contains(phrase: string): boolean {
    this.#texts ??= this.#read();
    const folded = fold(phrase);
    const longest = folded.split(' ').reduce((longest, word) => (word.length > longest.length ? word : longest), '');
    const reach = 2 * folded.length + 100;
    let places = 0;
    for (const text of longest === '' ? [] : this.#texts) {
      for (let at = text.indexOf(longest); at >= 0; at = text.indexOf(longest, at + 1)) {
        if (++places > MAX_PLACES) return true;
        if (fold(text.slice(Math.max(0, at - reach), at + reach)).includes(folded)) return true;
      }
    }
    return !this.#isWhole;
  }

  #read(): string[] {
    const queue: unknown[] = [...this.sources];
    const seen = new Set<unknown>();
    const texts: string[] = [];
    let chars = 0;
    for (let i = 0; i < queue.length && this.#isWhole; i++) {
      const value = queue[i];
      const text = typeof value === 'string' && !isBase64(value) ? value : '';
      chars += text.length;
      this.#isWhole = i < MAX_VALUES && chars <= MAX_CHARS;
      if (text !== '' && this.#isWhole) texts.push(text.toLowerCase());
      if (!isForeign(value) || seen.has(value)) continue;
      seen.add(value);
      for (const part of partsOf(value, i < this.sources.length)) queue.push(part);
    }
    return texts;
  }
}

/** The strings, arrays and plain objects inside a value; of other objects, such as a signal, only the strings. */
function partsOf(value: object, isSource: boolean): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  const parts = isArray(value) ? firstItems(value, MAX_VALUES + 1) : valuesOf(value);
  const isPlain = isSource || isArray(value) || isPlainObject(value);
  return parts.filter((part) => typeof part === 'string' || (isPlain && isForeign(part)));
}

function valuesOf(value: object): unknown[] {
  const keys = safely(() => Object.keys(value)) ?? [];
  return keys.slice(0, MAX_VALUES + 1).map((key) => read(value, key));
}

function isPlainObject(value: object): boolean {
  const prototype = safely(() => Object.getPrototypeOf(value) as unknown);
  return prototype === Object.prototype || prototype === null;
}

/** Images and audio inside a request; they contain no words. */
function isBase64(text: string): boolean {
  return text.startsWith('data:') && text.slice(0, 100).includes(';base64,');
}

/** Words in lower case, with single spaces between them. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll(PATTERNS.separators, ' ').trim();
}
