const SPACE = /[\s\u180e\u200b]*/y;

/** The text cannot be read, or can be read in two ways. */
export class UnreadableText extends Error {}

/** A position in a text that is being read. */
export class TextCursor {
  at = 0;

  constructor(readonly text: string) {}

  /** The character at the position, undefined at the end. */
  get char(): string | undefined {
    return this.text[this.at];
  }

  /**
   * Reads what a pattern matches at the position.
   * @param pattern sticky.
   */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text)?.[0];
    this.at += match?.length ?? 0;
    return match;
  }

  /** The white space at an index, and the character after it. */
  lookPastSpace(index: number): { space: string; nextAt: number; next: string | undefined } {
    SPACE.lastIndex = index;
    const space = SPACE.exec(this.text)?.[0] ?? '';
    const nextAt = index + space.length;
    return { space, nextAt, next: this.text[nextAt] };
  }

  /** Whether a comment begins at an index. */
  isComment(index: number): boolean {
    return this.text.startsWith('//', index) || this.text.startsWith('/*', index);
  }

  /** Skips white space and comments. @returns whether there was a line break. */
  skip(): boolean {
    const start = this.at;
    this.match(SPACE);
    while (this.isComment(this.at)) {
      const end = this.text[this.at + 1] === '/' ? '\n' : '*/';
      const index = this.text.indexOf(end, this.at + 2);
      // A comment without an end hides the closing brackets.
      this.at = index < 0 ? this.fail() : index + end.length;
      this.match(SPACE);
    }
    return this.text.slice(start, this.at).includes('\n');
  }

  /** @throws {UnreadableText} */
  fail(): never {
    throw new UnreadableText();
  }
}
