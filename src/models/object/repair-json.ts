import { bracketGroups } from './bracket-groups.js';
import { parseLenient } from './lenient-json.js';

/** A text in which JSON is expected. */
export interface JsonSource {
  text: string;
  /** The model marked the end of the text, so missing brackets were forgotten, not cut off. */
  isComplete?: boolean;
}

/** The first escaped quote is looked for in this many characters. */
const ESCAPED_START_CHARS = 100;
const ESCAPED_START = /^(?:\s|\\[nrt])*[{[](?:[\s{[]|\\[nrt])*\\+["']/;
const ESCAPE = /\\(?:u([\da-fA-F]{4})|(["'\\/bfnrt]))/g;
const CONTROL: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** Text without it was cut off in a value: closing it there could make `1` of `15`, or a short list of a long one. */
const BRACKET_AT_END = /[}\]]$/;

/** @returns the value, or undefined when the text is not JSON. */
export function parseStrict({ text }: JsonSource): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, or so many brackets that the stack overflowed.
    return undefined;
  }
}

/**
 * Reads what `parseStrict` does not: JSON escaped too often (`{\"a\": 1}`), JSON without its last brackets, and what
 * `parseLenient` reads.
 * @returns undefined when that is not possible without losing or guessing anything.
 */
export function repairJson({ text, isComplete = false }: JsonSource): unknown {
  if (!ESCAPED_START.test(text.slice(0, ESCAPED_START_CHARS))) {
    return parseLenient(text, { closeAtEnd: isComplete || BRACKET_AT_END.test(text) });
  }
  const unescaped = text.replace(ESCAPE, (_, hex?: string, char = '') =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (CONTROL[char] ?? char),
  );
  // Prose may follow: while the quotes were escaped, the end of the JSON could not be found.
  const [group] = bracketGroups(unescaped);
  const inner = group && { text: unescaped.slice(group.start, group.end), isComplete };
  return inner && (parseStrict(inner) ?? repairJson(inner));
}
