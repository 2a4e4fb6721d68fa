import { ChannelType, type Content, createUniqueUuid, type Memory, ModelType } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { collector, createGuarded, type Guarded, joined, primary, statusError, textStream } from '../../lab/guarded.js';
import { getCallRecords, getFailoverStatus } from '../../src/index.js';

/** `ELIZANET_UNANSWERED_TEXT`: what an agent says when no provider could answer. */

const SENTENCE = 'I cannot answer right now & am sorry.';
const fails = () => Promise.reject(statusError(503));
const FAILING = primary({ TEXT_LARGE: fails, TEXT_SMALL: fails, OBJECT_LARGE: fails, RESPONSE_HANDLER: fails });

let guarded: Guarded;
afterEach(() => guarded.stop());

async function start(settings: Record<string, string> = { ELIZANET_UNANSWERED_TEXT: SENTENCE }, plugins = [FAILING]) {
  guarded = await createGuarded({ plugins, settings });
  guarded.elizaNet.fault = { kind: 'status', status: 401 };
}

const ask = (params: object = { prompt: 'hi' }, type = 'TEXT_LARGE'): Promise<unknown> =>
  guarded.runtime.useModel(type as 'TEXT_LARGE', params as never);
const refused = (asked: Promise<unknown>) =>
  asked.then(
    (value) => `answered ${JSON.stringify(value)}`,
    (error) => error.code,
  );

describe('a call that no provider answers', () => {
  it('fails without the setting', async () => {
    await start({});
    expect(await refused(ask())).toBe('ALL_PROVIDERS_FAILED');
  });

  it('is answered by the sentence, and counted as unanswered', async () => {
    await start();
    expect(await ask()).toBe(SENTENCE);
    const unanswered = guarded.events.filter(({ name }) => name === 'ELIZANET_UNANSWERED');
    expect(unanswered).toHaveLength(1);
    expect(unanswered[0]?.payload).toMatchObject({ answered: false, unansweredText: true });
    expect((await callRoute(guarded.runtime, '/metrics')).body).toContain(
      'elizanet_calls_total{model_type="TEXT_LARGE",target="none",outcome="unanswered_text"} 1',
    );
    expect(getFailoverStatus(guarded.runtime)?.totals).toMatchObject({ failovers: 0, unanswered: 1 });
  });

  it('is answered by it while every circuit is open, and for an agent with no other provider than ElizaNet', async () => {
    await start(undefined, []);
    for (let i = 0; i < 5; i++) expect(await ask()).toBe(SENTENCE);
    expect(getFailoverStatus(guarded.runtime)?.circuits).not.toEqual([]);
  });

  it('is asked of a provider again by the next call', async () => {
    await start();
    expect(await ask()).toBe(SENTENCE);
    guarded.elizaNet.fault = { kind: 'none' };
    guarded.runtime.registerModel('TEXT_LARGE', async () => 'fine', 'second', 5);
    expect(await ask()).toBe('fine');
  });
});

describe('a stream that no provider answers', () => {
  it('has the sentence as its only chunk', async () => {
    await start();
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe(SENTENCE);
    expect(chunks).toEqual([SENTENCE]);
  });

  it('is one of that chunk for a caller that reads it itself', async () => {
    await start();
    const stream = (await ask({ prompt: 'hi', stream: true })) as ReturnType<typeof textStream>;
    expect(await joined(stream.textStream)).toBe(SENTENCE);
    expect([await stream.text, await stream.finishReason]).toEqual([SENTENCE, 'stop']);
  });

  it('does not mix the sentence into text that was delivered before the cut', async () => {
    await start(undefined, [
      primary({ TEXT_LARGE: async () => textStream(['half an '], { throws: statusError(503) }) }),
    ]);
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe(SENTENCE);
    expect(chunks).toEqual(['half an ']);
  });

  it('is counted once although its callback aborts it', async () => {
    await start();
    const abort = new AbortController();
    const onStreamChunk = () => abort.abort();
    expect(await ask({ prompt: 'hi', onStreamChunk, abortSignal: abort.signal })).toBe(SENTENCE);
    expect(getCallRecords(guarded.runtime).filter(({ modelType }) => modelType === 'TEXT_LARGE')).toHaveLength(1);
  });

  it('ends well although its callback throws', async () => {
    await start();
    const onStreamChunk = () => {
      throw new Error('gone');
    };
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe(SENTENCE);
  });
});

describe('no sentence', () => {
  const decision =
    'Respond like this: <response><reasoning>why</reasoning><action>RESPOND | IGNORE</action></response>';
  const cases: [string, object, string][] = [
    ['answers a decision', { prompt: decision }, 'TEXT_LARGE'],
    ['answers a question to a small model', { prompt: 'Answer yes or no.' }, 'TEXT_SMALL'],
    ['is JSON', { prompt: 'List the facts as JSON.' }, 'TEXT_LARGE'],
    [
      'is JSON by the format of the response',
      { prompt: 'List the facts.', responseFormat: { type: 'json_object' } },
      'TEXT_LARGE',
    ],
    ['is JSON by the name of the format', { prompt: 'List the facts.', responseFormat: 'json_object' }, 'TEXT_LARGE'],
    ['is an object', { prompt: 'hi' }, 'OBJECT_LARGE'],
    ['is a plan', { prompt: 'hi' }, 'RESPONSE_HANDLER'],
    ['calls a tool', { messages: [{ role: 'user', content: 'hi' }], tools: [{ name: 'look' }] }, 'TEXT_LARGE'],
    [
      'fits a schema',
      { messages: [{ role: 'user', content: 'hi' }], responseSchema: { type: 'object' } },
      'TEXT_LARGE',
    ],
  ];
  it.each(cases)('%s', async (_, params, type) => {
    await start();
    expect(await refused(ask(params, type))).toBe('ALL_PROVIDERS_FAILED');
  });

  it('hides a bad request', async () => {
    await start(undefined, []);
    guarded.elizaNet.fault = { kind: 'status', status: 400 };
    expect(await refused(ask())).not.toContain('answered');
    await guarded.stop();
    await start(undefined, [primary({ TEXT_LARGE: () => Promise.reject(statusError(422)) })]);
    await expect(ask()).rejects.toMatchObject({ statusCode: 422 });
  });

  it('answers a call that its caller has aborted', async () => {
    await start(undefined, [primary({ TEXT_LARGE: () => new Promise(() => {}) })]);
    const abort = new AbortController();
    const asked = ask({ prompt: 'hi', abortSignal: abort.signal });
    abort.abort(new Error('not wanted'));
    await expect(asked).rejects.toThrow('not wanted');
  });

  it('is markup', async () => {
    const settings = { ELIZANET_UNANSWERED_TEXT: 'Sorry.</text><actions>SEND</actions>' };
    await expect(createGuarded({ settings })).rejects.toThrow('ELIZANET_UNANSWERED_TEXT');
    guarded = await createGuarded();
  });
});

/** What core's message loop does with a message in a room: what the agent says, and what streams to the user. */
async function receive(channel: ChannelType, options: { useMultiStep?: boolean } = {}) {
  const { runtime } = guarded;
  const roomId = createUniqueUuid(runtime, 'room');
  await runtime.createRooms([{ id: roomId, type: channel, source: 'test', name: 'room' }]);
  const entityId = createUniqueUuid(runtime, 'user');
  const message: Memory = { id: createUniqueUuid(runtime, 'message'), roomId, entityId, content: { text: 'Hello' } };
  const said: Content[] = [];
  const { chunks, onStreamChunk } = collector();
  const callback = async (content: Content) => {
    said.push(content);
    return [];
  };
  await runtime.messageService?.handleMessage(runtime, message, callback, {
    onStreamChunk: async (chunk) => onStreamChunk(chunk),
    ...options,
  });
  return { said, streamed: chunks.join('') };
}

/** core 2.x has another loop. */
describe.skipIf('RESPONSE_HANDLER' in ModelType)("core's message loop", () => {
  it('says the sentence to the user, and streams it', async () => {
    await start();
    const { said, streamed } = await receive(ChannelType.DM);
    expect(said).toMatchObject([{ text: SENTENCE, actions: ['REPLY'] }]);
    expect(streamed).toBe(SENTENCE);
    // Not asked again for an answer that it cannot read.
    expect(getFailoverStatus(guarded.runtime)?.totals.unanswered).toBe(1);
  });

  it('says it whole after a stream that was cut', async () => {
    const begun = '<response><thought>I answer.</thought><actions>REPLY</actions><text>Half of an answer that is long ';
    await start(undefined, [primary({ TEXT_LARGE: async () => textStream([begun], { throws: statusError(503) }) })]);
    const { said, streamed } = await receive(ChannelType.DM);
    expect(said).toMatchObject([{ text: SENTENCE }]);
    expect(streamed).not.toContain(SENTENCE);
  });

  it('does not say it in a group to a message that may be meant for others', async () => {
    await start();
    await expect(receive(ChannelType.GROUP)).rejects.toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
  });

  it('says it in place of a summary of several steps', async () => {
    const done = '<response><thought>Done.</thought><action></action><isFinish>true</isFinish></response>';
    let calls = 0;
    await start(undefined, [primary({ TEXT_LARGE: () => (calls++ === 0 ? Promise.resolve(done) : fails()) })]);
    const { said, streamed } = await receive(ChannelType.DM, { useMultiStep: true });
    expect(said.at(-1)).toMatchObject({ text: SENTENCE });
    expect(streamed).toBe(SENTENCE);
  });
});
