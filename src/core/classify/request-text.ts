import { attempt, firstItems, isArray, isForeign, read } from './foreign.js';
import { PATTERNS } from './patterns.js';

/** No more of a request than this is searched; a prompt has at most a million characters by default. */
const MAX_CHARS = 2_000_000;
const MAX_VALUES = 10_000;

/**
 * The text of a request: its prompt, messages, addresses. Providers quote it in their errors, and people choose it, so
 * words that it contains are no words of the provider. Read on first use: most failures are told by status and code.
 */
export class RequestText {
  #folded: string | undefined;
  #isWhole = true;

  /** @param sources anything the request was made of: params, a body, an address. */
  constructor(private readonly sources: readonly unknown[]) {}

  /** Whether the request contains these words, whatever their case, spacing and punctuation. */
  contains(words: string): boolean {
    this.#folded ??= this.#read();
    // What was not read may contain anything.
    return !this.#isWhole || this.#folded.includes(fold(words));
  }

  #read(): string {
    const queue: unknown[] = [...this.sources];
    const seen = new Set<unknown>();
    let folded = '';
    for (let i = 0; i < queue.length && this.#isWhole; i++) {
      const value = queue[i];
      const text = typeof value === 'string' && !isBase64(value) ? value : '';
      this.#isWhole = i < MAX_VALUES && folded.length + text.length <= MAX_CHARS;
      if (this.#isWhole) folded += fold(text);
      if (!isForeign(value) || seen.has(value)) continue;
      seen.add(value);
      for (const part of partsOf(value, i < this.sources.length)) queue.push(part);
    }
    return folded;
  }
}

/** The texts, lists and plain objects inside a value. Of other objects, such as a signal, only the texts. */
function partsOf(value: object, isSource: boolean): unknown[] {
  if (ArrayBuffer.isView(value)) return [];
  const parts = isArray(value) ? firstItems(value, MAX_VALUES + 1) : valuesOf(value);
  const isPlain = isSource || isArray(value) || isPlainObject(value);
  return parts.filter((part) => typeof part === 'string' || (isPlain && isForeign(part)));
}

function valuesOf(value: object): unknown[] {
  const keys = attempt(() => Object.keys(value)) ?? [];
  return keys.slice(0, MAX_VALUES + 1).map((key) => read(value, key));
}

function isPlainObject(value: object): boolean {
  const prototype = attempt(() => Object.getPrototypeOf(value) as unknown);
  return prototype === Object.prototype || prototype === null;
}

/** Images and audio inside a request: no words can be in them. */
function isBase64(text: string): boolean {
  return text.startsWith('data:') && text.slice(0, 100).includes(';base64,');
}

/** Words in lower case, each between single spaces. */
function fold(text: string): string {
  return ` ${text.toLowerCase().replaceAll(PATTERNS.separators, ' ').trim()} `;
}
