/**
 * Parses JSON from outside. Keys `__proto__` are dropped: an assignment or a merge that copies one would change the
 * prototype of the copy, or of every object.
 * @throws {SyntaxError} whose message may quote the text, and so must not be shown.
 */
export function parseJson(text: string): unknown {
  return mayHoldProto(text) ? JSON.parse(text, withoutProto) : JSON.parse(text);
}

/** Two plain searches first: one pattern for everything takes as long as parsing a small text. */
function mayHoldProto(text: string): boolean {
  if (text.includes('__proto__')) return true;
  // The key may be written with escapes: `\u005f` is an underscore.
  return text.includes('\\u00') && /\\u00(?:5f|70|72|6f|74)/i.test(text);
}

function withoutProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
