/** A longer value is not read to its end: no embedding model has vectors of this length. */
const MAX_CHECKED = 65_536;

/**
 * Tells what keeps a value from being an embedding. A vector is a list of finite numbers, in an array, a typed array or
 * another array-like. Never throws.
 * @returns what the value is instead, in words for an error message; undefined for a real vector.
 */
export function findVectorProblem(value: unknown): string | undefined {
  try {
    return isArrayLike(value) ? findListProblem(value) : 'something other than a vector';
  } catch {
    // A getter or a proxy that throws.
    return 'something other than a vector';
  }
}

function findListProblem(list: ArrayLike<unknown>): string | undefined {
  if (list.length === 0) return 'an empty vector';
  for (let i = 0; i < list.length && i < MAX_CHECKED; i++) {
    // Holes, null, NaN, Infinity, texts, bigints and nested lists are no numbers.
    if (!Number.isFinite(list[i])) return 'a vector with something other than numbers';
  }
  return isPlaceholderVector(list) ? 'a placeholder vector' : undefined;
}

export function isRealVector(value: unknown): value is ArrayLike<number> {
  return findVectorProblem(value) === undefined;
}

/**
 * Tells a placeholder, which providers return when they could not embed: zero everywhere, or everywhere but in the first
 * component. No model embeds a text there.
 */
export function isPlaceholderVector(vector: ArrayLike<unknown>): boolean {
  for (let i = 1; i < vector.length && i < MAX_CHECKED; i++) if (vector[i] !== 0) return false;
  return true;
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { length } = value as { length?: unknown };
  return typeof length === 'number' && Number.isSafeInteger(length) && length >= 0;
}
