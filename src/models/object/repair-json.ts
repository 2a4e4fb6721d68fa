import { bracketGroups } from './bracket-groups.js';
import { parseLenient } from './lenient-json.js';

/** A text in which JSON is expected. */
export interface JsonSource {
  text: string;
  /** The model marked the end of the text, so that what is missing there was forgotten, not cut off. */
  isComplete?: boolean;
}

/** A member whose quotes are escaped shows within this many characters. */
const ESCAPED_START_CHARS = 100;
const ESCAPED_START = /^(?:[\s{[]|\\[nrt])*\\"/;
const ESCAPE = /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt]))/g;
const CONTROL: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** A text that ends within a value was cut off there: closing it would make `1` of `15`, or a short list of a long one. */
const BRACKET_AT_END = /[}\]]$/;

/** @returns the value, or undefined when the text is not JSON. */
export function parseStrict({ text }: JsonSource): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Also a stack overflow, from thousands of brackets.
    return undefined;
  }
}

/**
 * Reads what `parseStrict` does not: JSON escaped once too often (`{\"a\": 1}`), JSON without its last brackets, and what
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
  // Prose behind it could not be told apart before.
  const [group] = bracketGroups(unescaped);
  const inner = group && { text: unescaped.slice(group.start, group.end) };
  return inner && (parseStrict(inner) ?? parseLenient(inner.text, { closeAtEnd: isComplete }));
}
