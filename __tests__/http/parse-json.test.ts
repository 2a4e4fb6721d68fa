import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/http/parse-json.js';

/** Whether an object anywhere in a value has the key. Not recursive: some of the values are nested deeply. */
function hasKey(value: unknown, key: string): boolean {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, key)) return true;
    for (const child of Object.values(next)) left.push(child);
  }
  return false;
}

describe('JSON from outside', () => {
  it('is parsed as JSON is', () => {
    const value = { a: [1, 'two', null, true], b: { c: 1.5 } };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it.each([
    ['as it is', '{"__proto__":{"isAdmin":true},"a":1}'],
    ['deep down', '{"a":1,"b":[{"__proto__":{"isAdmin":true}}]}'],
    ['spelled with escapes', '{"\\u005f_pr\\u006Fto__":{"isAdmin":true},"a":1}'],
  ])('loses a key __proto__ (%s)', (_, text) => {
    const copy = Object.assign({}, parseJson(text)) as Record<string, unknown>;
    expect(copy.a).toBe(1);
    expect(JSON.stringify(copy)).not.toContain('isAdmin');
    expect((copy as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('keeps the word in a text', () => {
    expect(parseJson('{"text":"obj.__proto__ is \\u0070olluted"}')).toEqual({ text: 'obj.__proto__ is polluted' });
  });

  it('that is invalid is a SyntaxError', () => {
    expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  });

  it.each<[string, string]>([
    ['many objects', `[${'{"a":1},'.repeat(1_600_000)}{"__proto__":1}]`],
    ['many of the keys', `[${'{"__proto__":1},'.repeat(900_000)}0]`],
    ['many numbers', `{"__proto__":[${'0.123,'.repeat(2_500_000)}0],"a":[${'1,'.repeat(100_000)}0]}`],
    ['deep nesting', `${'[{"__proto__":1,"a":'.repeat(2_000)}0${'}]'.repeat(2_000)}`],
  ])('of 15 MB is parsed in little more than the time of JSON.parse: %s', (_, text) => {
    const startedAt = performance.now();
    JSON.parse(text);
    const plainMs = performance.now() - startedAt;
    const parsed = parseJson(text);
    expect(performance.now() - startedAt - plainMs).toBeLessThan(plainMs * 4 + 300);
    expect(hasKey(parsed, '__proto__')).toBe(false);
  });
});
