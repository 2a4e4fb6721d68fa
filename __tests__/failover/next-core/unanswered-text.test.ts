import { afterEach, describe, expect, it } from 'vitest';
import { collector, primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import { STAGE_1 } from '../../../lab/next-core/native.js';

/** `ELIZANET_UNANSWERED_TEXT` on a core that fails over itself. */

const SENTENCE = 'I cannot answer right now.';
const fails = () => Promise.reject(statusError(503));
const MESSAGES = [{ role: 'user', content: 'hi' }];

let guarded: NextGuarded;
afterEach(() => guarded.stop());

async function ask(params: object, type = 'TEXT_LARGE'): Promise<unknown> {
  guarded = await createNextGuarded({
    plugins: [primary({ TEXT_LARGE: fails, RESPONSE_HANDLER: fails })],
    settings: { ELIZANET_UNANSWERED_TEXT: SENTENCE },
  });
  guarded.elizaNet.fault = { kind: 'status', status: 401 };
  return guarded.runtime.useModel(type as 'TEXT_LARGE', params as never);
}

describe('a native call that no provider answers', () => {
  it('has an object as its answer, as core expects for messages', async () => {
    expect(await ask({ messages: MESSAGES })).toEqual({ text: SENTENCE, toolCalls: [], finishReason: 'stop' });
  });

  it('delivers the sentence as one chunk', async () => {
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ messages: MESSAGES, onStreamChunk })).toMatchObject({ text: SENTENCE });
    expect(chunks).toEqual([SENTENCE]);
  });

  it('fails where tools are offered, and in the first stage of the message loop', async () => {
    await expect(ask({ messages: MESSAGES, tools: [{ name: 'look' }] })).rejects.toThrow();
    await guarded.stop();
    await expect(ask(STAGE_1, 'RESPONSE_HANDLER')).rejects.toThrow();
  });
});
