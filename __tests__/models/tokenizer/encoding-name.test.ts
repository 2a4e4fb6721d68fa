import models from 'tiktoken/model_to_encoding.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { encodingOf } from '../../../src/models/tokenizer/encoding-name.js';

const KNOWN = ['o200k_base', 'cl100k_base'];

describe('the encoding of a model', () => {
  it("is tiktoken's, for every model that tiktoken knows", () => {
    const ours = Object.keys(models).map((model) => [model, encodingOf(model)]);
    const theirs = Object.entries(models).map(([model, name]) => [model, KNOWN.includes(name) ? name : undefined]);
    expect(ours).toEqual(theirs);
  });

  it.each([
    ['openai/gpt-4o', 'o200k_base'],
    ['openrouter/openai/gpt-4o-mini:online', 'o200k_base'],
    ['azure/gpt-35-turbo', 'cl100k_base'],
    ['ft:gpt-4o-mini-2024-07-18:org::id', 'o200k_base'],
    ['ft:gpt-3.5-turbo:org::id', 'cl100k_base'],
    ['GPT-4', 'cl100k_base'],
    ['gpt-4-1106-preview', 'cl100k_base'],
    ['gpt-4.1-2030-01-01', 'o200k_base'],
    ['gpt-5.1-codex', 'o200k_base'],
    ['gpt-oss-120b', 'o200k_base'],
    ['o3-deep-research', 'o200k_base'],
  ])('is found for %s', (model, encoding) => {
    expect(encodingOf(model)).toBe(encoding);
  });

  it.each(['claude-sonnet-4', 'gemini-2.0-flash', 'llama-4', 'my-gpt-4o', 'gpt-4everyone', 'o1ive', 'openai/', ''])(
    'is not guessed for "%s"',
    (model) => {
      expect(encodingOf(model)).toBeUndefined();
    },
  );
});
