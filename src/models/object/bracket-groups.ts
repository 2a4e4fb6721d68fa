/** A stretch of a text from a bracket to its partner, or to the end of the text when the partner is missing. */
export interface BracketGroup {
  start: number;
  /** The index after the last character. */
  end: number;
}

/** The outermost bracket groups of a text, in order. They do not overlap, so that walking all of them is linear. */
export function* bracketGroups(text: string): Generator<BracketGroup> {
  for (let start = nextBracket(text, 0); start < text.length; ) {
    const end = partnerOf(text, start);
    yield { start, end };
    start = nextBracket(text, end);
  }
}

/** The index of the first opening bracket from `from` on, or the length of the text. */
export function nextBracket(text: string, from: number): number {
  const bracket = /[{[]/g;
  bracket.lastIndex = from;
  return bracket.exec(text)?.index ?? text.length;
}

/** The index after the bracket that closes the one at `start`, or the length of the text. Strings are skipped. */
export function partnerOf(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}
