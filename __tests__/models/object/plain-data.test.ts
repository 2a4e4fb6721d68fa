import { describe, expect, it } from 'vitest';
import { makePlain } from '../../../src/models/object/plain-data.js';

describe('a parsed JSON value', () => {
  it('is left as it is where nothing is wrong with it', () => {
    const value = JSON.parse('{"a":[1,"x",null,{"constructor":"Bauhaus","prototype":1}],"b":{}}');
    const before = structuredClone(value);
    expect(makePlain(value)).toBeUndefined();
    expect(value).toEqual(before);
  });

  it('loses the keys through which a merge would write to every object', () => {
    const value = JSON.parse('{"__proto__":{"x":1},"a":[{"constructor":{"prototype":{"x":1}},"b":1}]}');
    expect(makePlain(value)).toBeUndefined();
    expect(JSON.stringify(value)).toBe('{"a":[{"b":1}]}');
  });

  it.each([
    ['range', '1e999'],
    ['range', '{"a":[-1e999]}'],
    ['depth', `${'['.repeat(102)}${']'.repeat(102)}`],
  ])('is a problem of %s: %s', (rule, text) => {
    expect(makePlain(JSON.parse(text))).toMatchObject({ rule });
  });

  it('may be nested a hundred levels deep', () => {
    expect(makePlain(JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`))).toBeUndefined();
  });

  it.each([
    ['numbers', `[${'1,'.repeat(1_000_000)}1]`],
    ['objects', `[${'{"a":1},'.repeat(300_000)}{"__proto__":1}]`],
    ['keys', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1,`).join('')}"__proto__":1}`],
  ])('of many %s is walked in time that grows with their number', (_, text) => {
    const value = JSON.parse(text);
    const startedAt = performance.now();
    makePlain(value);
    // In the square of the number it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
