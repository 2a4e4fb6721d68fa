/**
 * Parses JSON from outside. Keys `__proto__` are dropped: an assignment or a merge that copies one would change the
 * prototype of the copy, or of every object.
 * @throws {SyntaxError} whose message may quote the text, and so must not be shown.
 */
export function parseJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (mayHoldProto(text)) dropProto(parsed);
  return parsed;
}

/** Two plain searches first: one pattern for everything takes as long as parsing a small text. */
function mayHoldProto(text: string): boolean {
  if (text.includes('__proto__')) return true;
  // The key may be written with escapes: `\u005f` is an underscore.
  return text.includes('\\u00') && /\\u00(?:5f|70|72|6f|74)/i.test(text);
}

/** Not a reviver of `JSON.parse`, which takes 2 s for 15 MB; and not recursive, because nesting may be deep. */
function dropProto(root: unknown): void {
  const pending: unknown[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
    const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const item of inner) if (typeof item === 'object' && item !== null) pending.push(item);
  }
}
