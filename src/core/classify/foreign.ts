import { PATTERNS } from './patterns.js';

const MAX_IDENTIFIER_CHARS = 64;

/** An object of other code: a property may be a getter that throws, the object itself a revoked proxy. */
export type Foreign = Record<PropertyKey, unknown>;

export function isForeign(value: unknown): value is Foreign {
  return typeof value === 'object' && value !== null;
}

/** The property's value; undefined where there is none, and where reading it throws. */
export function read(value: unknown, key: PropertyKey): unknown {
  if (!isForeign(value)) return undefined;
  try {
    return value[key];
  } catch {
    return undefined;
  }
}

/** What `compute` returns; undefined where it throws. */
export function safely<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}

/** The first `limit` characters of a string; undefined for anything else, and for ''. */
export function textOf(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, limit) : undefined;
}

/** A code or id as it may be shown in logs: at most 64 printable characters, without spaces. */
export function identifier(value: unknown): string | undefined {
  const text = textOf(value, MAX_IDENTIFIER_CHARS)?.trim();
  return text && PATTERNS.identifier.test(text) ? text : undefined;
}

export function isArray(value: unknown): value is readonly unknown[] {
  return safely(() => Array.isArray(value)) ?? false;
}

/** The first `limit` elements of an array; none of anything else. */
export function firstItems(value: unknown, limit: number): unknown[] {
  return range(value, limit, (index) => index);
}

/** The last `limit` elements of an array, last first. */
export function lastItems(value: unknown, limit: number): unknown[] {
  return range(value, limit, (index, length) => length - 1 - index);
}

function range(value: unknown, limit: number, at: (index: number, length: number) => number): unknown[] {
  const length = isArray(value) ? read(value, 'length') : 0;
  const taken: unknown[] = [];
  if (typeof length !== 'number') return taken;
  for (let index = 0; index < Math.min(length, limit); index++) taken.push(read(value, at(index, length)));
  return taken;
}
