import { jsonrepair } from 'jsonrepair';

/** Repairing takes time that grows with the square of the length, in the worst case 0.1 s for this much. */
const REPAIR_LIMIT_CHARS = 32_000;
/** Places in a text at which JSON is looked for. */
const MAX_CANDIDATES = 8;

/** Begins like JSON or like JavaScript, and not like `{the set of} all words in braces`. */
const JSON_START = /^(?:\{\s*(?:["'“‘`}]|[\w$-]+\s*:|\/[/*])|\[)/;
/** What ends in the middle of a value was cut off there: closing it would make `1` of `15`, and a short list of a long one. */
const JSON_END = /[}\]]$/;
const FENCE = /```[\w-]*[^\S\n]*\n?([\s\S]*?)```/g;

export interface ReadJsonOptions {
  /** The text was cut off: mending would make a shorter answer of it, and pass that for the whole. */
  cut?: boolean;
}

/**
 * Finds the JSON in a model's answer: the whole text, what is in a code fence, or what stands between braces in prose,
 * as it is or else mended (trailing commas, single quotes, a last bracket that is missing, Python's words).
 * @returns the values found, best first. None that stands inside another.
 */
export function readJson(text: string, { cut = false }: ReadJsonOptions = {}): unknown[] {
  const whole = text.trim();
  const fenced = [...whole.matchAll(FENCE)].slice(0, MAX_CANDIDATES).map((match) => (match[1] ?? '').trim());
  const sources = [[whole], fenced, inProse(whole)];
  for (const read of cut ? [parse] : [parse, mend]) {
    for (const candidates of sources) {
      const values = candidates.map(read).filter((value) => value !== undefined);
      if (values.length > 0) return values;
    }
  }
  return [];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function mend(json: string): unknown {
  if (json.length > REPAIR_LIMIT_CHARS || !JSON_START.test(json) || !JSON_END.test(json)) return undefined;
  try {
    return JSON.parse(jsonrepair(json));
  } catch {
    // Beyond repair; also a stack overflow, of thousands of brackets.
    return undefined;
  }
}

/** The outermost braces and brackets of a text, each up to its partner, or to the end when that is missing. */
function inProse(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; found.length < MAX_CANDIDATES; ) {
    const start = text.slice(at).search(/[{[]/);
    if (start < 0) break;
    const end = partnerOf(text, at + start);
    found.push(text.slice(at + start, end));
    at = end;
  }
  return found;
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
