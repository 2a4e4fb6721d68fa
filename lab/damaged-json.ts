import fc from 'fast-check';
import { isElizaNetError } from '../src/index.js';

/** JSON texts to insert at a place where they are not valid. */
const foreignJson = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 3 }) },
  fc.constantFrom(
    '1e999',
    '-1e999',
    '123456789012345678901234567890',
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '"\\ud800"',
    '{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":1e9}',
  ),
  fc.integer({ min: 50, max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 50, max: 20_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** The JSON of a document with one value replaced, one key renamed, or its end cut off; or unrelated JSON. */
export function damaged(document: unknown): fc.Arbitrary<string> {
  const whole = JSON.stringify(document);
  const values = [...whole.matchAll(/(?<=[:[,])(?:"(?:[^"\\]|\\.)*"|[\d.]+|true|false|null|\{\}|\[\])/g)];
  const replaced = fc
    .tuple(fc.constantFrom(...values), foreignJson)
    .map(([{ 0: value, index }, json]) => whole.slice(0, index) + json + whole.slice(index + value.length));
  const renamed = fc
    .tuple(fc.constantFrom(...whole.matchAll(/"(\w+)":/g)), fc.constantFrom('__proto__', 'constructor', 'x', ''))
    .map(([{ 0: key, index }, name]) => `${whole.slice(0, index)}"${name}":${whole.slice(index + key.length)}`);
  const cut = fc.nat(whole.length).map((length) => whole.slice(0, length));
  return fc.oneof(replaced, renamed, cut, foreignJson);
}

/** The value that a call resolves to, or undefined if it rejects with an `ElizaNetError`. @throws any other error */
export async function outcomeOf(call: Promise<unknown>): Promise<{ value: unknown } | undefined> {
  try {
    return { value: await call };
  } catch (error) {
    if (!isElizaNetError(error)) throw error;
    return undefined;
  }
}
