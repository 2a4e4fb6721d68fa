import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../lab/client.js';
import { ChatReader } from '../../src/openai/chat-reader.js';

function read(...models: string[]): string {
  const context = { endpoint: createEndpoint('http://127.0.0.1:9'), requestId: 'r', model: 'gpt-4o', attempt: 1 };
  const reader = new ChatReader(context);
  const chunks = models.map((model) => JSON.stringify({ model, choices: [{ delta: { content: 'a' } }] }));
  return [...chunks, '[DONE]'].map((data) => reader.read({ data }) ?? '').join('');
}

describe('a stream whose chunks name models', () => {
  it.each([
    // As LiteLLM 1.80.17 ends the stream of a mock_response.
    ['claude-sonnet-4-5', 'claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5'],
    ['anthropic/claude-sonnet-4-5', 'claude-sonnet-4-5', 'claude-sonnet-4-5'],
  ])('with and without their provider, %s, %s and %s, is one answer', (...models) => {
    expect(read(...models)).toBe('aaa');
  });

  it.each([
    ['claude-sonnet-4-5', 'gpt-4o'],
    ['o', 'gpt-4o'],
    ['openai/gpt-4o', 'azure/gpt-4o'],
  ])('%s and then %s is the answer of two models', (...models) => {
    expect(() => read(...models)).toThrow('another model');
  });
});
