import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/models/object/read-json.js';

const OBJECT = { colour: 'red', size: 3 };
const JSON_TEXT = '{"colour":"red","size":3}';

describe('JSON in an answer', () => {
  it.each([
    ['alone', JSON_TEXT],
    ['with space around it', `\n  ${JSON_TEXT}\n`],
    ['in a fence', `\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ['in a fence without a language', `\`\`\`\n${JSON_TEXT}\`\`\``],
    ['in a fence with prose around it', `Here you are:\n\`\`\`json\n${JSON_TEXT}\n\`\`\`\nAnything else?`],
    ['in a fence that never ends', `\`\`\`json\n${JSON_TEXT}`],
    ['in prose', `Sure! ${JSON_TEXT} Hope this helps {smile}.`],
    ['after other braces', `The set {a b} is: ${JSON_TEXT}`],
    ['with braces and quotes in its texts', `So: ${JSON_TEXT.replace('red', 'r\\"}{')}`],
    ['with a comma too many', '{"colour":"red","size":3,}'],
    ['with single quotes', "{'colour': 'red', 'size': 3}"],
    ['with bare keys', '{colour: "red", size: 3}'],
    ['with a comment', '{"colour":"red", // nice\n"size":3}'],
    ['mended in a fence', '```\n{"colour":"red","size":3,}\n```'],
    ['mended in prose', 'Sure: {"colour":"red","size":3,} Bye.'],
  ])('is found %s', (_, text) => {
    const expected = text.includes('r\\"}{') ? { ...OBJECT, colour: 'r"}{' } : OBJECT;
    expect(readJson(text)[0]).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['prose', 'I cannot help with that.'],
    ['prose with a word in braces', 'I think {really} so.'],
    ['prose in braces', '{I think so: yes}'],
    ['an ellipsis', '{...}'],
  ])('is not made up from %s', (_, text) => {
    expect(readJson(text)).toEqual([]);
  });

  it('is not taken out of a list that is the answer', () => {
    expect(readJson('[{"colour":"red"}]')).toEqual([[{ colour: 'red' }]]);
    expect(readJson('Here: [{"colour":"red"}]')).toEqual([[{ colour: 'red' }]]);
  });

  it('is found more than once, the first one first', () => {
    expect(readJson('{"a":1} or {"a":2}')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('gets a last bracket that is missing', () => {
    expect(readJson('{"a":{"b":1}')).toEqual([{ a: { b: 1 } }]);
  });

  it.each(['{"amount":15', '{"list":[1,2', '{"name":"Ad', '{"a":1,', '{"a":', '{"a":tr'])(
    'is not made whole where it was cut in the middle of a value: %s',
    (text) => expect(readJson(text)).toEqual([]),
  );

  it('is not mended when it was cut off: a shorter list would pass for the whole', () => {
    expect(readJson('{"list":[{"a":1}', { cut: true })).toEqual([]);
    expect(readJson('{"list":[1,2', { cut: true })).toEqual([]);
    expect(readJson('{"list":[1,2]} and then', { cut: true })).toEqual([{ list: [1, 2] }]);
  });

  it('has a __proto__ that is a key like any other', () => {
    const [value] = readJson('{"__proto__":{"admin":true},}') as [Record<string, unknown>];
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value.admin).toBeUndefined();
  });

  // In the square of their length, each of these takes longer than a test may.
  it.each([
    ['brackets without end', '['.repeat(2_000_000)],
    ['braces without end', '{"a":'.repeat(400_000)],
    ['quotes', '"'.repeat(2_000_000)],
    ['fences', '```'.repeat(400_000)],
    ['a text full of unescaped quotes', `{"a":"${'x" '.repeat(500_000)}`],
    ['many small objects', '{} '.repeat(500_000)],
  ])('is looked for in time that grows with the length: %s', (_, text) => {
    expect(readJson(text).length).toBeLessThan(10);
  });
});
