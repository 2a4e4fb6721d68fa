/** A stretch of a text from a bracket to its partner, or to the end of the text when the partner is missing. */
export interface BracketGroup {
  start: number;
  /** The index after the last character. */
  end: number;
}

/** The outermost bracket groups of a text, in order. They do not overlap, so that walking all of them is linear. */
export function* bracketGroups(text: string): Generator<BracketGroup> {
  const bracket = /[{[]/g;
  for (let match = bracket.exec(text); match; match = bracket.exec(text)) {
    const end = partnerOf(text, match.index);
    yield { start: match.index, end };
    bracket.lastIndex = end;
  }
}

/** @returns the index after the bracket that closes the one at `start`. Brackets inside strings do not count. */
function partnerOf(text: string, start: number): number {
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
