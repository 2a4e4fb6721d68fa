const PLACEHOLDER = 'a placeholder vector';
/** A longer value is not read to its end: no embedding model has vectors of this length. */
const MAX_CHECKED = 65_536;

/**
 * Checks that a value is a real embedding: a list of finite numbers in an array, a typed array or another array-like, and
 * not a placeholder. Never throws.
 * @returns a description of the value for an error message, such as `an empty vector`; undefined for a real embedding.
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
  const holdsNumbers = Array.isArray(list) ? isFiniteArray(list) : isFiniteList(list);
  // Holes, null, NaN, Infinity, texts, bigints and nested lists are no numbers.
  if (!holdsNumbers) return 'a vector with something other than numbers';
  return isPlaceholderVector(list) ? PLACEHOLDER : undefined;
}

/** Only for arrays, and without `Number.isFinite` or `every`: with them V8 allocates 16 bytes a number, 24 KB a vector. */
function isFiniteArray(array: readonly unknown[]): boolean {
  const checked = Math.min(array.length, MAX_CHECKED);
  for (let i = 0; i < checked; i++) {
    const item = array[i];
    // The difference is NaN for NaN and infinite numbers.
    if (typeof item !== 'number' || item - item !== 0) return false;
  }
  return true;
}

function isFiniteList(list: ArrayLike<unknown>): boolean {
  for (let i = 0; i < list.length && i < MAX_CHECKED; i++) if (!Number.isFinite(list[i])) return false;
  return true;
}

/** A list of finite numbers: a real embedding, or a placeholder. */
export function isVector(value: unknown): value is ArrayLike<number> {
  const problem = findVectorProblem(value);
  return problem === undefined || problem === PLACEHOLDER;
}

export function isRealVector(value: unknown): value is ArrayLike<number> {
  return findVectorProblem(value) === undefined;
}

/**
 * Recognises the placeholders that providers return when they could not embed: vectors that are zero everywhere, or
 * everywhere but in the first component. No model gives such a vector for a text.
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
