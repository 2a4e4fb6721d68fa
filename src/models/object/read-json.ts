import { bracketGroups } from './bracket-groups.js';
import { type JsonSource, parseStrict, repairJson } from './repair-json.js';

/** Places in a text at which JSON is looked for. */
const MAX_CANDIDATES = 8;

const FENCE = '```';
const FENCE_LANGUAGE = /[\w-]*[^\S\n]*\n?/y;
/** Enough of a text to see a key in. */
const KEY_CHARS = 200;
const KEY_AFTER = /^\s*,\s*["'][^"'\n]*["']\s*:/;
const KEY_BEFORE = /["']\s*:\s*$/;
const STRAY_BRACKET_AFTER = /^\s*[}\]]/;

export interface ReadJsonOptions {
  /** The token limit cut the answer off. It is not repaired: a part of the object would pass for the whole. */
  cut?: boolean;
}

/**
 * Finds the JSON in a model's answer, without its thinking (`withoutThinking`): the whole text, the content of a code fence, or what stands
 * between brackets in prose; as it is, or else repaired without losing anything.
 * @returns the values found, best first. None stands inside another.
 */
export function readJson(answer: string, { cut = false }: ReadJsonOptions = {}): unknown[] {
  const text = answer.trim();
  const sources = [[{ text }], fenced(text), inProse(text)];
  for (const read of cut ? [parseStrict] : [parseStrict, repairJson]) {
    for (const candidates of sources) {
      const values = candidates.map(read).filter((value) => value !== undefined);
      if (values.length > 0) return values.flatMap(withContent);
    }
  }
  return [];
}

/** A string may hold the JSON that was asked for: an answer that was written as JSON twice. */
function withContent(value: unknown): unknown[] {
  const content = typeof value === 'string' ? parseStrict({ text: value }) : undefined;
  return typeof content === 'object' && content !== null ? [value, content] : [value];
}

function fenced(text: string): JsonSource[] {
  const found: JsonSource[] = [];
  for (let at = 0; found.length < MAX_CANDIDATES; ) {
    const open = text.indexOf(FENCE, at);
    const close = text.indexOf(FENCE, open + FENCE.length);
    if (open < 0 || close < 0) break;
    FENCE_LANGUAGE.lastIndex = open + FENCE.length;
    FENCE_LANGUAGE.test(text);
    found.push({ text: text.slice(FENCE_LANGUAGE.lastIndex, close).trim(), isComplete: true });
    at = close + FENCE.length;
  }
  return found;
}

function inProse(text: string): JsonSource[] {
  const found: JsonSource[] = [];
  for (const { start, end } of bracketGroups(text)) {
    if (isPartOfObject(text, start, end)) return [];
    found.push({ text: text.slice(start, end) });
    if (found.length === MAX_CANDIDATES) break;
  }
  return found;
}

/** Whether a bracket group is a fragment: of an object that lacks its first bracket, or was closed too early. */
function isPartOfObject(text: string, start: number, end: number): boolean {
  const after = text.slice(end, end + KEY_CHARS);
  if (KEY_AFTER.test(after)) return true;
  return STRAY_BRACKET_AFTER.test(after) && KEY_BEFORE.test(text.slice(Math.max(0, start - KEY_CHARS), start));
}
