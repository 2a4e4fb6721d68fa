import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLenient } from '../../../src/models/object/lenient-json.js';

const read = (text: string, closeAtEnd = false) => parseLenient(text, { closeAtEnd });

describe('JSON with mistakes', () => {
  it.each([
    ['trailing commas', '{"a":[1,2,],"b":{"c":3,},}', { a: [1, 2], b: { c: 3 } }],
    ['a line break in place of a comma', '{"a":"x"\n"b":[1\n2]}', { a: 'x', b: [1, 2] }],
    ['single quotes', "{'a': 'b', 'c': 'it's'}", { a: 'b', c: "it's" }],
    ['typographic quotes', '{“a”: “b”, ‘c’: ‘it’s’}', { a: 'b', c: 'it’s' }],
    ['backquotes', '{"a": `two\nlines`}', { a: 'two\nlines' }],
    ['bare keys', '{a: 1, größe_2: 2, x-y: 3}', { a: 1, größe_2: 2, 'x-y': 3 }],
    ["Python's words", '{"a": True, "b": False, "c": None}', { a: true, b: false, c: null }],
    ['line breaks and tabs in strings', '{"a":"one\n\ttwo"}', { a: 'one\n\ttwo' }],
    ['comments', '{ // one\n"a":1, /* two */ "b":2 // three\n}', { a: 1, b: 2 }],
    ['slashes in strings', '{"a":"http://b.c/*d*/",}', { a: 'http://b.c/*d*/' }],
    ['quotes inside strings', '{"a":"he said "yes" to "it" all","b":1}', { a: 'he said "yes" to "it" all', b: 1 }],
    ['quotes at the end of a string', '{"a":"he said "yes"","b":1}', { a: 'he said "yes"', b: 1 }],
    ['a string that is all in quotes', '["x",""yes"",]', ['x', '"yes"']],
    ['escaped apostrophes', '{"a":"it\\\'s",}', { a: "it's" }],
    ['escapes', '{"a":"\\u00e9\\n\\"\\\\",}', { a: 'é\n"\\' }],
    ['wide spaces', '{\u00a0"a":\u20031,\u200b}', { a: 1 }],
    ['exponents', '[-1.5e3, 0.25, -0,]', [-1500, 0.25, -0]],
  ])('is read: %s', (_, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it('keeps __proto__ as a key of its own', () => {
    const value = read('{__proto__: {a: 1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('is closed at its end only where that is asked for', () => {
    expect(read('{"a":{"b":[1,"2"', true)).toEqual({ a: { b: [1, '2'] } });
    expect(read('{"a":{"b":[1,"2"')).toBeUndefined();
  });

  it.each(['{', '[', '{"a"', '{"a":', '{"a":1,', '{"a":"b', '{"a":tr', '{"a":{', '{"a":1, // and so on'])(
    'is not closed within a member: %s',
    (text) => expect(read(text, true)).toBeUndefined(),
  );
});

describe('backslashes that were not escaped', () => {
  it.each([
    ['{"path":"C:\\Users\\desk"}', { path: 'C:\\Users\\desk' }],
    ['{"path":"C:\\users\\Desk"}', { path: 'C:\\users\\Desk' }],
    ['{"regex":"\\d+\\.\\w*"}', { regex: '\\d+\\.\\w*' }],
    ['{"regex":"\\(\\s\\)","a":"say \\"hi\\""}', { regex: '\\(\\s\\)', a: 'say "hi"' }],
    ['{"tex":"\\alpha \\sum \\quad"}', { tex: '\\alpha \\sum \\quad' }],
    ['{"C:\\dir":1}', { 'C:\\dir': 1 }],
  ])('are kept: %s', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['a path or a line break', '{"path":"C:\\Users\\new"}'],
    ['a path or a tab', '{"path":"D:\\data\\temp"}'],
    ['in another string', '{"dir":"C:\\Users","file":"C:\\new"}'],
    ['one backslash or two', '{"path":"\\\\server\\share"}'],
    ['a word boundary or a backspace', '{"regex":"\\bfoo\\d"}'],
    ['a slash or an escaped one', '{"regex":"\\d\\/\\d"}'],
    ['an escape or a path', '{"path":"C:\\data\\u0041"}'],
    ['half an escape', '{"a":"caf\\u00e"}'],
    ['a path that ends with one', '{"path":"C:\\dir\\","b":"x"}'],
    ['a list of paths that end with one', '["C:\\dir\\","D:\\dir\\"]'],
    ['a line that goes on', '{"a":"one\\\ntwo\\n"}'],
  ])('that can be read in two ways are not read: %s', (_, text) => {
    expect(read(text)).toBeUndefined();
    expect(read(text, true)).toBeUndefined();
  });
});

describe('a text is not read if that would lose or invent something', () => {
  it.each([
    ['an ellipsis', '[1, 2, ...]'],
    ['an ellipsis in an object', '{"a": 1, ...}'],
    ['a missing value', '{"a": , "b": 2}'],
    ['a missing value at the end', '{"a":}'],
    ['a missing key', '{"a": 1, : 2}'],
    ['a missing element', '[1,,2]'],
    ['undefined', '{"a": undefined}'],
    ['NaN', '{"a": NaN}'],
    ['a function call', '{"a": ISODate("2020-01-01")}'],
    ['a concatenation', '{"a": "b" + "c"}'],
    ['a regular expression', '{"a": /x/}'],
    ['a bare value', '{"a": red}'],
    ['an address without quotes', '{"a": http://b.c}'],
    ['a number with leading zeros', '{"a": 007}'],
    ['a number with separators', '{"a": 1,000}'],
    ['a number without its end', '{"a": 1.}'],
    ['two values', '{"a":1} {"b":2}'],
    ['a bracket too many', '{"a":1}}'],
    ['mismatched brackets', '{"a":[1,2}}'],
    ['a quote that opens or ends', '{"a":"b,c,"d":"e"}'],
    ['a quote that is one of no pair', '{"a":"the TV is 72" wide"}'],
    ['two strings without a comma', '["a" "b"]'],
    ['two members without a comma', '{"a":"x" "b":"y"}'],
    ["Python's long quotes", '{"a":"""b"""}'],
    ['HTML entities', '{&quot;a&quot;: 1}'],
    ['a comment that swallows the rest', '{"a": "p "q" r" // s"}'],
    ['prose', '{I think so: yes}'],
    ['endless nesting', '['.repeat(100_000)],
  ])('%s', (_, text) => {
    expect(read(text)).toBeUndefined();
    expect(read(text, true)).toBeUndefined();
  });
});

describe('any text', () => {
  it('that is JSON is read as such', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('that can be read keeps all of its words, in their order', () => {
    const piece = fc.constantFrom(...'xyz\\"\'`,:{}[] \n', 'None', '"x":', '"y"');
    const wordsOf = (text: string) => text.replaceAll(/[^xyz\\]/g, '');
    const textsOf = (value: unknown): string => {
      if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : '';
      return Object.entries(value).reduce(
        (all, [key, child]) => all + (Array.isArray(value) ? '' : key) + textsOf(child),
        '',
      );
    };
    let readable = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, closeAtEnd) => {
        const text = `{"x":${pieces.join('')}}`;
        // Escaped quotes and backslashes are one character of two.
        fc.pre(!/\\[\\"'`]/.test(text));
        const value = read(text, closeAtEnd);
        const keys = text.match(/"x":/g)?.length ?? 0;
        // An object has no room for the same key twice.
        fc.pre(value === undefined || keys === 1);
        if (value !== undefined) {
          readable++;
          expect(wordsOf(textsOf(value))).toBe(wordsOf(text));
        }
      }),
      { numRuns: 20_000 },
    );
    expect(readable).toBeGreaterThan(100);
  });

  it.each([
    ['quotes', '"'],
    ['quotes and spaces', '"  '],
    ['quotes and words', '"a '],
    ['backslashes', '\\'],
    ['comments', '/* */'],
    ['slashes', '/'],
    ['line breaks', '\n'],
    ['brackets', '[1],'],
    ['digits', '1'],
    ['letters', 'a'],
    ['dots', '1.'],
    ['apostrophes', "'"],
  ])('takes time that grows with its length: many %s', (_, piece) => {
    const startedAt = performance.now();
    for (const text of [`[${piece.repeat(200_000)}]`, `["${piece.repeat(200_000)}"]`, `{${piece.repeat(200_000)}:1}`]) {
      read(text);
    }
    // In the square of the length it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
