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
    ['with single quotes and an apostrophe', "{'colour': 'red', 'size': 3,}"],
    ['with its quotes escaped', '{\\"colour\\": \\"red\\", \\"size\\": 3}'],
    ['with quotes and line breaks escaped', '{\\n  \\"colour\\": \\"red\\",\\n  \\"size\\": 3\\n}'],
    ['with its quotes escaped twice', '{\\\\\\"colour\\\\\\": \\\\\\"red\\\\\\", \\\\\\"size\\\\\\": 3}'],
    ['with its single quotes escaped', "{\\'colour\\': \\'red\\', \\'size\\': 3}"],
    ['with its quotes escaped, in prose', 'Here: {\\"colour\\": \\"red\\", \\"size\\": 3} Bye.'],
    ['with its quotes escaped, in a fence', '```json\n{\\"colour\\": \\"red\\", \\"size\\": 3}\n```'],
    ['without its last bracket, in a fence', '```json\n{"colour":"red","size":3\n```'],
    ['without its last bracket, in a fence in prose', 'So:\n```\n{"size":3,"colour":"red"\n```\nBye {smile}.'],
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

  it('is found inside a string that is the answer, after the string itself', () => {
    const text = JSON.stringify(JSON_TEXT);
    expect(readJson(text)).toEqual([JSON_TEXT, OBJECT]);
    expect(readJson('"red"')).toEqual(['red']);
  });

  it('that was escaped keeps its own escapes', () => {
    const value = { text: 'say "hi"\n\tC:\\new', more: ['\\d+'] };
    expect(readJson(JSON.stringify(JSON.stringify(value)).slice(1, -1))).toEqual([value]);
  });

  it('that is not escaped is not unescaped for a quote before it', () => {
    expect(readJson('\\"Note\\": {"path":"C:\\\\new",}')).toEqual([{ path: 'C:\\new' }]);
  });

  it.each([
    ['was closed too early', '{"a":{"b":1}},"c":2}'],
    ['was closed too early, in prose', 'So: {"a":{"b":1}}, "c": 2} Bye.'],
    ['lacks its first bracket', '"a": {"b":1}, "c": 2}'],
    ['lacks its first bracket, and has one member', '"a": {"b":1}}'],
    ['lacks more than its last bracket in a fence', '```json\n{"a":1,"b":\n```'],
    ['ends within a string in a fence', '```json\n{"a":1,"b":"re\n```'],
  ])('is not a part of an object that %s', (_, text) => {
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
    ['brackets without end', '['.repeat(1_000_000)],
    ['braces without end', '{"a":'.repeat(400_000)],
    ['quotes', '"'.repeat(1_000_000)],
    ['fences', '```'.repeat(400_000)],
    ['a text full of unescaped quotes', `{"a":"${'x" '.repeat(300_000)}`],
    ['many small objects', '{} '.repeat(300_000)],
    ['a fence that never ends, and letters', `\`\`\`${'a'.repeat(1_000_000)}`],
    ['fences that never end, and spaces', `\`\`\`${' '.repeat(1_000_000)}\`\``.repeat(2)],
    ['escaped quotes', '{\\"'.repeat(300_000)],
    ['escapes', '{\\n\\n'.repeat(300_000)],
    ['commas after an object', `{}${' '.repeat(1_000_000)},`.repeat(2)],
    ['members after objects', '{}, "a":'.repeat(200_000)],
    ['tags', '<think>{}'.repeat(200_000)],
  ])('is looked for in time that grows with the length: %s', (_, text) => {
    expect(readJson(text).length).toBeLessThan(10);
  });
});
