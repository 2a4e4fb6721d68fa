type Plain = Record<string, unknown>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Copies objects and lists; anything else, such as a signal or bytes, is the same in the copy. */
export function deepCopied<T>(value: T): T;
export function deepCopied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => deepCopied(item));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, deepCopied(item)]));
}

export function deepFrozen(value: unknown): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value;
  for (const item of Object.values(value)) deepFrozen(item);
  return Object.freeze(value);
}
