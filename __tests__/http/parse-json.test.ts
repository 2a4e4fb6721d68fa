import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/http/parse-json.js';

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
});
