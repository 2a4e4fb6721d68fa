import { describe, expect, it } from 'vitest';
import { FIELD_REFUSAL, mentions, namesAsField } from '../../../src/models/dialect/named-field.js';
import { refusalWords } from '../../../src/models/dialect/refusal-words.js';

const withPrompt = (content: unknown) => ({ model: 'gpt-4o', messages: [{ role: 'user', content }], temperature: 0.2 });
const QUESTION = 'Why does it say "Unsupported parameter: \'temperature\'", is it\nnot supported with this model?';

describe("an upstream's own words", () => {
  it.each([
    ['a message', `Invalid content: ${QUESTION}`],
    ['a message in JSON', `Invalid messages: ${JSON.stringify([{ role: 'user', content: QUESTION }])}`],
    [
      "a message in Python's notation",
      `Received Messages=[{'content': '${QUESTION.replace(/['\n]/g, (c) => (c === '\n' ? '\\n' : "\\'"))}'}]`,
    ],
    ['the beginning of a message', `Cannot read: ${QUESTION.slice(0, 60)}...`],
    ['the end of a message', `Cannot read: ...${QUESTION.slice(-60)}`],
    ['a message in capitals', `CANNOT READ: ${QUESTION.toUpperCase()}`],
  ])('are without %s that they quote', (_, message) => {
    const words = refusalWords(message, withPrompt(QUESTION));
    expect(words).not.toMatch(/temperature|unsupported|not support/);
  });

  it('are without a short message that they quote whole', () => {
    expect(refusalWords("Cannot read 'no system role'", withPrompt('no system role'))).not.toContain('system role');
  });

  it('are without an address that they quote', () => {
    const parts = [{ type: 'image_url', image_url: { url: 'https://img.example.com/unsupported/temperature.png' } }];
    const words = refusalWords('Cannot fetch https://img.example.com/unsupported/temperature.png', withPrompt(parts));
    expect(words).not.toMatch(/temperature|unsupported/);
  });

  it("are without the names of the operator's models", () => {
    const words = refusalWords('Bad value.. Received Model Group=no-json-schema Fallbacks=None', withPrompt('hi'));
    expect(words).toBe('bad value.');
  });

  it.each([
    'temperature',
    'Is my model not supported, or is the temperature unsupported?',
    'What is a parameter that is not supported with that?',
  ])('stay when the prompt speaks of the same: %s', (prompt) => {
    const message = "Unsupported parameter: 'temperature' is not supported with this model.";
    const words = refusalWords(message, withPrompt(prompt));
    expect(words).toContain("unsupported parameter: 'temperature'");
  });

  it('are found in time that grows with the length of the request', () => {
    const startedAt = performance.now();
    const message = 'temperature is not supported '.repeat(17);
    refusalWords(message, withPrompt('temperature is not supported'.repeat(40_000)));
    refusalWords(message, withPrompt(' \\n'.repeat(400_000)));
    // In the product of both lengths it would take a minute.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('a field', () => {
  it.each([
    ['max_tokens', "unsupported parameter: 'max_tokens'"],
    ['presence_penalty', 'argument not supported on this model: presencepenalty'],
    ['top_p', '`temperature` and `top_p` cannot both be specified'],
  ])('%s is mentioned: %s', (field, words) => {
    expect(mentions(words, field)).toBe(true);
  });

  it('is not mentioned as a part of another one', () => {
    expect(mentions('max_completion_tokens is not supported', 'max_tokens')).toBe(false);
  });

  it.each([
    'argument not supported: size',
    'argument not supported on this model: size',
    "unknown parameter: 'size'",
    "does not support parameters: ['style', 'size']",
    'unsupported parameters: quality, size',
    'setting `size` is not supported by openai',
    '[{"loc":["body","size"],"msg":"extra inputs are not permitted"}]',
    'unrecognized request argument supplied: size',
    'size=512x512 is not supported',
    'the size parameter is not supported',
  ])('with an everyday name is named as a field: %s', (words) => {
    expect(namesAsField(words, 'size')).toBe(true);
  });

  it.each(['this size is not supported, please stop', 'an unsupported thing of any size', 'resize is not supported'])(
    'with an everyday name is not named as a field: %s',
    (words) => {
      expect(namesAsField(words, 'size')).toBe(false);
    },
  );

  it.each(['a, ', 'size ', "'size", 'supported ', 'parameter: ', 'size=', 'parameters a b c: x, '])(
    'is looked for in time that grows with the length of the words: many %j',
    (piece) => {
      const startedAt = performance.now();
      namesAsField(`parameters: ${piece.repeat(100_000)}`, 'quality');
      mentions(piece.repeat(100_000), 'max_tokens');
      FIELD_REFUSAL.test(piece.repeat(100_000));
      // In the square of the length it would take minutes.
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    },
  );
});
