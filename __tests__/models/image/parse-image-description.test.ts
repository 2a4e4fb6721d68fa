import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImageDescription } from '../../../src/models/image/parse-image-description.js';

describe("a vision model's answer", () => {
  it("in the XML of core's prompt keeps its title, summary and details", () => {
    const answer = `<response>
      <title>A cat</title>
      <description>A cat sleeps.</description>
      <text>It is grey, and the sofa is red.</text>
    </response>`;
    const expected = { title: 'A cat', description: 'A cat sleeps.\n\nIt is grey, and the sofa is red.' };
    expect(parseImageDescription(answer)).toEqual(expected);
  });

  it.each([
    ['<description>A cat sleeps.</description>', 'Image Analysis'],
    ['<response><title>A cat</title><text>A cat sleeps.</text>', 'A cat'],
    ['{"title": "A cat", "description": "A cat sleeps."}', 'A cat'],
    ['```json\n{"title": "A cat", "description": "A cat sleeps."}\n```', 'A cat'],
    ['{"description": "A cat sleeps.", "title": 7}', 'Image Analysis'],
    ['Title: A cat\n\nA cat sleeps.', 'A cat'],
    ['title: A cat\nDescription: A cat sleeps.', 'A cat'],
    ['**Title:** A cat\n\n**Detailed Description:**\nA cat sleeps.', 'A cat'],
    ['**Title: A cat**\n\nA cat sleeps.', 'A cat'],
    ['### Title: A cat\n\nA cat sleeps.', 'A cat'],
    ['- Title: "A cat"\n- Description: A cat sleeps.', '"A cat"'],
    ['  A cat sleeps. ', 'Image Analysis'],
    ['Title: A cat\r\n\r\nA cat sleeps.', 'A cat'],
  ])('%s', (answer, title) => {
    expect(parseImageDescription(answer)).toEqual({ title, description: 'A cat sleeps.' });
  });

  it('that only mentions a title keeps its words', () => {
    const answer = 'A poster with the title Casablanca on it. The subtitle: none.';
    expect(parseImageDescription(answer)).toEqual({ title: 'Image Analysis', description: answer });
  });

  it('with a line too long for a title keeps its words', () => {
    const answer = `Title: ${'a cat '.repeat(50)}`.trim();
    expect(parseImageDescription(answer)).toEqual({ title: 'Image Analysis', description: answer });
  });

  it('that is a title and nothing else is described by it', () => {
    expect(parseImageDescription('Title: A cat')).toEqual({ title: 'A cat', description: 'A cat' });
  });

  it.each(['{"title": "A cat"', '{"description": ""}', '<title>A cat', '{}'])('%s is prose', (answer) => {
    expect(parseImageDescription(answer)).toEqual({ title: 'Image Analysis', description: answer });
  });

  it('of any kind has a title and a description', () => {
    const part = fc.constantFrom(
      '<title>',
      '</title>',
      '<text>',
      '</text>',
      'Title:',
      '{',
      '}',
      '"description":"x"',
      '\n',
      '*',
      ' a ',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const answer = parts.join('');
        fc.pre(answer.trim() !== '');
        const { title, description } = parseImageDescription(answer);
        expect([title.trim(), description.trim()]).not.toContain('');
      }),
    );
  });

  it.each([
    ...['\n', ' ', '*', 'title:', '#title', '{', '<title>', '</title>', '_*', 'title: *', 'description', '<think>'].map(
      (piece) => `x${piece.repeat(200_000 / piece.length)}x`,
    ),
    `title:${'*'.repeat(100_000)}${'a'.repeat(300)}`,
    `title: ${'a'.repeat(300)}${'*'.repeat(100_000)}`,
    `${'title: a\n'.repeat(20_000)}`,
    `title: a\n${'#'.repeat(200_000)}`,
    `title: a\n${'description'.repeat(20_000)}`,
    `title${'*'.repeat(100_000)}${' '.repeat(100_000)}x`,
  ])('takes time that grows with its length: %#', (answer) => {
    const startedAt = performance.now();
    parseImageDescription(answer);
    // In the square of the length it would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
