import { type Foreign, firstItems, isArray, isForeign, read, safely, textOf } from './foreign.js';

/** Response headers by lower-case name. */
export type HeaderValues = ReadonlyMap<string, string>;

const MAX_HEADERS = 100;
const MAX_VALUE_CHARS = 200;

/** Read from containers that cannot be listed. */
const NAMES = [
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-ms-retry-after-ms',
  'x-amzn-errortype',
  ...['requests', 'tokens'].flatMap((limit) => [`x-ratelimit-remaining-${limit}`, `x-ratelimit-reset-${limit}`]),
];

/**
 * Reads response headers from any container that clients use: a plain object, `Headers`, a `Map`, an array of pairs, a
 * flat array of names and values, an object with `get`. Values may be strings, numbers, bytes, or arrays of these, of
 * which the first counts. Anything else is skipped; nothing throws.
 */
export function readHeaders(headers: unknown): HeaderValues {
  const values = new Map<string, string>();
  const add = (name: unknown, value: unknown) => {
    const text = headerValue(value);
    if (values.size < MAX_HEADERS && typeof name === 'string' && text !== undefined) {
      values.set(name.slice(0, MAX_VALUE_CHARS).toLowerCase(), text);
    }
  };
  safely(() => addAll(headers, add));
  return values;
}

function addAll(headers: unknown, add: (name: unknown, value: unknown) => void): void {
  if (isArray(headers)) return addPairs(headers, add);
  if (!isForeign(headers)) return;
  const { forEach, get } = headers as Foreign & Pick<Headers, 'forEach' | 'get'>;
  if (typeof forEach === 'function') return forEach.call(headers, (value, name) => add(name, value));
  if (typeof get === 'function') for (const name of NAMES) add(name, get.call(headers, name));
  for (const name of Object.keys(headers)) add(name, read(headers, name));
}

function addPairs(headers: unknown, add: (name: unknown, value: unknown) => void): void {
  const items = firstItems(headers, 2 * MAX_HEADERS);
  if (items.every(isPair)) for (const [name, value] of items) add(headerValue(name), value);
  else for (let i = 0; i + 1 < items.length; i += 2) add(headerValue(items[i]), items[i + 1]);
}

function isPair(item: unknown): item is readonly [unknown, unknown] {
  return isArray(item) && read(item, 'length') === 2;
}

function headerValue(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (isArray(value)) return headerValue(firstItems(value, 1).find((item) => !isArray(item)));
  if (safely(() => value instanceof Uint8Array))
    return textOf(Buffer.from(value as Uint8Array).toString('latin1'), MAX_VALUE_CHARS);
  return textOf(value, MAX_VALUE_CHARS);
}
