import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../lab/client.js';
import { readChatChunk } from '../../src/openai/read-chat-chunk.js';
import { type ChatChunk, callsTools, chatCompletionChunk, isRefused } from '../../src/openai/schemas.js';

const context = { endpoint: createEndpoint('http://elizanet.test'), requestId: 'request-1', model: 'm' };
const read = (event: unknown) => readChatChunk(JSON.stringify(event), context);

/** What a stream takes from a chunk. */
function contentOf({ model, choices, usage }: ChatChunk) {
  const ofMessage = (message: NonNullable<ChatChunk['choices']>[number]['message']) =>
    message && {
      role: message.role ?? null,
      content: message.content ?? null,
      isRefused: isRefused(message),
      callsTools: callsTools(message),
    };
  return {
    model: model ?? null,
    usage: usage ?? null,
    choices: choices?.map(({ index, delta, message, finish_reason }) => ({
      index: index ?? null,
      delta: ofMessage(delta) ?? null,
      message: ofMessage(message) ?? null,
      finishReason: finish_reason ?? null,
    })),
  };
}

describe('an event of a chat stream', () => {
  it('is read as its schema says, whatever it carries beside its text', () => {
    const optional = <T>(values: fc.Arbitrary<T>) => fc.option(fc.oneof(values, fc.jsonValue()), { freq: 3 });
    const message = fc.record(
      {
        content: fc.oneof(fc.string(), fc.constant([{ type: 'text', text: 'part' }]), fc.jsonValue()),
        role: optional(fc.constant('assistant')),
        refusal: optional(fc.string()),
        tool_calls: optional(fc.constant([{ id: 'call-1' }])),
        provider_specific_fields: optional(fc.constant({ refusal: 'no' })),
      },
      { requiredKeys: ['content'] },
    );
    const choice = fc.record(
      {
        index: fc.oneof(fc.constant(0), fc.jsonValue()),
        delta: fc.oneof({ weight: 9, arbitrary: message }, fc.jsonValue()),
        message: optional(message),
        finish_reason: optional(fc.constantFrom('stop', 'length')),
      },
      { requiredKeys: ['index', 'delta'] },
    );
    const chunk = fc.record(
      {
        model: fc.oneof(fc.string(), fc.jsonValue()),
        choices: fc.array(fc.oneof({ weight: 9, arbitrary: choice }, fc.jsonValue()), { minLength: 0, maxLength: 2 }),
        usage: optional(fc.constant({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 })),
      },
      { requiredKeys: ['choices'] },
    );
    fc.assert(
      fc.property(chunk, (event) => {
        const bySchema = chatCompletionChunk.safeParse(JSON.parse(JSON.stringify(event)));
        if (bySchema.success) expect(contentOf(read(event))).toEqual(contentOf(bySchema.data));
        else expect(() => read(event)).toThrow('not a chat chunk');
      }),
      { numRuns: 2_000 },
    );
  });

  it('is an error when it has an `error`, also beside text', () => {
    const choices = [{ index: 0, delta: { content: 'half' } }];
    const status = (error: unknown) => {
      try {
        return read({ model: 'm', choices, error });
      } catch (thrown) {
        return (thrown as { statusCode?: number }).statusCode;
      }
    };
    expect(status({ message: 'slow down', code: '429' })).toBe(429);
    expect(status({ message: 'no status', code: 'oops' })).toBe(500);
    expect(status('a bare text')).toBe(500);
  });

  it.each(['no JSON', '[]', '"text"', 'null', '{"choices":"none"}', '{"choices":[{"delta":{"content":1}}]}'])(
    'is refused when it is %s',
    (data) => {
      expect(() => readChatChunk(data, context)).toThrow(expect.objectContaining({ code: 'INVALID_RESPONSE' }));
    },
  );
});
