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
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(
        null,
        0,
        '',
        'stop',
        [{ id: 'call-1' }],
        { refusal: 'no' },
        { refusal: 5 },
        { content: 'more' },
      ),
      fc.constant([{ type: 'text', text: 'part' }]),
      fc.constant({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
    );
    const places = fc.constantFrom('chunk', 'choice', 'delta');
    const names = fc.constantFrom(
      ...['model', 'choices', 'usage', 'index', 'delta', 'message', 'finish_reason'],
      ...['role', 'content', 'refusal', 'tool_calls', 'provider_specific_fields'],
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(places, names, odd), { maxLength: 3 }), (changes) => {
        const delta: Record<string, unknown> = { content: 'word ' };
        const choice: Record<string, unknown> = { index: 0, delta };
        const chunk: Record<string, unknown> = { model: 'm', choices: [choice] };
        for (const [place, name, value] of changes) Object.assign({ chunk, choice, delta }[place], { [name]: value });
        const bySchema = chatCompletionChunk.safeParse(JSON.parse(JSON.stringify(chunk)));
        if (bySchema.success) expect(contentOf(read(chunk))).toEqual(contentOf(bySchema.data));
        else expect(() => read(chunk)).toThrow('not a chat chunk');
      }),
      { numRuns: 5_000 },
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
