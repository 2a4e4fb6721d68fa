/** How much a regular expression may have to try at one position. */
export interface Repetitions {
  /** No `*`, `+` or `{n,}`. */
  isBounded: boolean;
  /**
   * The ways in which its repetitions can share out a text: the ranges of one sequence multiplied, those of a repeated
   * group times those inside it, the largest of alternatives.
   */
  combinations: number;
  /**
   * Something follows an unbounded repetition, and can fail after it. Tried at each position, such a pattern reads a
   * run again from each of its characters: in the square of its length.
   */
  isFollowed: boolean;
  /** An unbounded repetition of another one, which can share out a run in ways without number. */
  isNested: boolean;
}

/** Reads the source of a regular expression. */
export function repetitionsOf(source: string): Repetitions {
  const reader = new SourceReader(source);
  const combinations = reader.alternatives();
  const { unboundedCount, isFollowed, isNested } = reader;
  return { combinations, isBounded: unboundedCount === 0, isFollowed, isNested };
}

class SourceReader {
  unboundedCount = 0;
  isFollowed = false;
  isNested = false;
  #at = 0;

  constructor(private readonly source: string) {}

  /** Up to the end, or the parenthesis that closes the group. */
  alternatives(): number {
    let largest = 1;
    let product = 1;
    for (; this.#at < this.source.length && this.#peek() !== ')'; ) {
      if (this.#peek() === '|') {
        this.#at++;
        largest = Math.max(largest, product);
        product = 1;
      } else product *= this.#item();
    }
    return Math.max(largest, product);
  }

  #item(): number {
    const countBefore = this.unboundedCount;
    const inside = this.#atom();
    const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.source.slice(this.#at));
    if (!quantifier) return inside;
    const [whole, least, comma, most] = quantifier;
    this.#at += whole.length;
    if (whole.startsWith('?')) return inside;
    if (least === undefined || (comma && !most)) {
      if (this.unboundedCount > countBefore) this.isNested = true;
      if (!/^\)*$/.test(this.source.slice(this.#at))) this.isFollowed = true;
      this.unboundedCount++;
    }
    const [from, to] = [Number(least), Number(most || least)];
    return (to - from + 1) * inside;
  }

  #atom(): number {
    const first = this.source.charAt(this.#at++);
    if (first === '\\')
      this.#at += this.source.startsWith('p{', this.#at) ? this.source.indexOf('}', this.#at) - this.#at + 1 : 1;
    if (first === '[') this.#skipClass();
    if (first !== '(') return 1;
    this.#at += /^(?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(this.source.slice(this.#at))?.[0].length ?? 0;
    const inside = this.alternatives();
    this.#at++;
    return inside;
  }

  #skipClass(): void {
    for (; this.#peek() !== ']'; this.#at++) if (this.#peek() === '\\') this.#at++;
    this.#at++;
  }

  #peek(): string {
    return this.source.charAt(this.#at);
  }
}
