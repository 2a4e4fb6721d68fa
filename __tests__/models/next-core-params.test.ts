import { afterEach, describe, expect, it } from 'vitest';
import { chatText, body as jsonBody } from '../../lab/chat-replies.js';
import { createGuarded, type Guarded, type GuardedOptions } from '../../lab/guarded.js';
import { WAV } from '../../lab/media.js';
import { startRawServer } from '../../lab/raw-server.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { SPEECH } from '../../lab/stand-in/protocols.js';

let guarded: Guarded;

afterEach(() => guarded.stop());

async function start(fault: Fault = { kind: 'none' }, options: GuardedOptions = {}) {
  const settings = { ELIZANET_TTS_MODEL: 'tts-1', ELIZANET_EMBEDDING_ON_ERROR: 'throw', ...options.settings };
  guarded = await createGuarded({ plugins: [], ...options, settings });
  guarded.elizaNet.fault = fault;
}

/** Calls the registered handler, as core 2.x does. */
async function call(type: string, params: unknown): Promise<unknown> {
  const { runtime } = guarded;
  return runtime.getModel(type)?.(runtime, params as never);
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.fail(`answered ${value}`),
    (error) => error,
  );
const embedding = (vector: unknown): Fault => jsonBody(JSON.stringify({ data: [{ index: 0, embedding: vector }] }));

describe('an embedding', () => {
  it('[row 101] of nothing is a vector of the right width, without a request', async () => {
    await start();
    for (const params of [null, { text: '' }, { text: ' ' }]) {
      expect(await call('TEXT_EMBEDDING', params)).toHaveLength(1536);
    }
    expect(guarded.elizaNet.calls).toEqual([]);
  });

  it.each<[string, Fault, object]>([
    ['a malformed answer', embedding('none at all'), { code: 'INVALID_RESPONSE' }],
    ['an answer of another width', embedding([0.1, 0.2]), { code: 'EMBEDDING_SPACE_MISMATCH' }],
    ['a refused key', { kind: 'status', status: 401 }, { kind: 'auth', statusCode: 401 }],
  ])('[row 101] is an error for %s', async (_what, fault, expected) => {
    await start(fault);
    expect(await failureOf(call('TEXT_EMBEDDING', { text: 'a fox' }))).toMatchObject(expected);
  });
});

describe('an image', () => {
  it('[row 105] is asked for with its prompt and count', async () => {
    await start();
    await call('IMAGE', { prompt: 'a fox', count: 2, size: '1024x1024' });
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ prompt: 'a fox', size: '1024x1024' });
    expect(guarded.elizaNet.calls.reduce((sum, { body }) => sum + Number(body.n ?? 1), 0)).toBe(2);
  });

  it.each<[string, Fault]>([
    ['fails', { kind: 'status', status: 500 }],
    ['has no image', jsonBody('{"data":[]}')],
    ['has one without data', jsonBody('{"data":[{"url":null,"b64_json":null}]}')],
  ])('[row 105] is an error when the answer %s', async (_what, fault) => {
    await start(fault);
    expect(await failureOf(call('IMAGE', { prompt: 'a fox' }))).toMatchObject({ kind: 'server' });
  });
});

const PUBLIC = { options: { lookup: async () => ['93.184.216.34'] } };
const imageUrl = 'https://images.invalid/a.png';

describe('an image description', () => {
  it.each([
    ['JSON', '{"title":"A fox","description":"It is red."}'],
    ['two marked lines', 'Title: A fox\nDescription: It is red.'],
    ['a title and the rest', 'Title: A fox\n\nIt is red.'],
  ])('[row 106] is read from %s', async (_form, text) => {
    await start(chatText(text), PUBLIC);
    expect(await call('IMAGE_DESCRIPTION', { imageUrl })).toEqual({ title: 'A fox', description: 'It is red.' });
  });

  it('[row 106] is read from one line', async () => {
    await start(chatText('It is a red fox.'), PUBLIC);
    expect(await call('IMAGE_DESCRIPTION', imageUrl)).toMatchObject({ description: 'It is a red fox.' });
  });

  it('[row 106] is an error at the token limit, on a core that takes a cut answer for one', async () => {
    await start(chatText('Title: A fox\n\nIt is', 'length'), PUBLIC);
    expect(await call('IMAGE_DESCRIPTION', { imageUrl })).toMatchObject({ description: 'It is' });
    Object.assign(guarded.runtime, { supportsModelAttemptPreparation: true });
    const error = await failureOf(call('IMAGE_DESCRIPTION', { imageUrl }));
    expect(error).toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE' });
  });
});

describe('speech', () => {
  it.each([[''], [' \n'], [{ text: '' }], [{ text: ' ' }], [{}]])(
    '[row 107] is refused without a request for %j',
    async (params) => {
      await start();
      expect(await failureOf(call('TEXT_TO_SPEECH', params))).toMatchObject({ code: 'INVALID_INPUT' });
      expect(guarded.elizaNet.calls).toEqual([]);
    },
  );

  it('[row 107] is whole bytes, also where a stream would be welcome', async () => {
    await start();
    const params = { text: 'Hello', voice: 'alloy', speed: 1.5, audioStream: true };
    expect(Buffer.from((await call('TEXT_TO_SPEECH', params)) as Uint8Array)).toEqual(SPEECH);
    expect(guarded.elizaNet.calls.map(({ body }) => body)).toEqual([
      { model: 'tts-1', input: 'Hello', voice: 'alloy', speed: 1.5 },
    ]);
  });
});

const AUDIO_URL = `data:audio/wav;base64,${WAV.toString('base64')}`;

describe('a transcription', () => {
  it.each<[string, unknown]>([
    ['a Buffer', WAV],
    ['bytes with their type', { audio: new Uint8Array(WAV), mimeType: 'audio/wav' }],
    ['an address', { audioUrl: AUDIO_URL }],
    ['an address beside a key without a value', { audioUrl: AUDIO_URL, audio: undefined, mimeType: 'audio/wav' }],
    ['bytes beside a key without a value', { audio: WAV, audioUrl: undefined }],
    ['what only core uses', { audio: WAV, stream: false, transcriptionPurpose: 'chat', billing: {} }],
  ])('[row 108] is one form with the audio of %s', async (_what, params) => {
    await start();
    expect(await call('TRANSCRIPTION', params)).toBe('ElizaNet answers this one.');
    expect(guarded.elizaNet.calls).toHaveLength(1);
    const body = guarded.elizaNet.calls[0]?.body ?? {};
    expect(Object.keys(body).sort()).toEqual(['file', 'model', 'response_format']);
    expect((body.file as { bytes: Buffer }).bytes).toEqual(Buffer.from(WAV));
  });

  it.each([[{}], [{ audio: undefined }], [{ audioUrl: undefined, audio: undefined }]])(
    'is refused for %j',
    async (params) => {
      await start();
      expect(await failureOf(call('TRANSCRIPTION', params))).toMatchObject({ code: 'INVALID_INPUT' });
    },
  );
});

/** Every type that makes a request, with params that can carry a signal. */
const REQUESTS: [type: string, params: object][] = [
  ['TEXT_SMALL', { prompt: 'hi' }],
  ['OBJECT_SMALL', { prompt: 'hi' }],
  ['TEXT_EMBEDDING', { text: 'a fox' }],
  ['IMAGE', { prompt: 'a fox' }],
  ['IMAGE_DESCRIPTION', { imageUrl: 'data:image/png;base64,iVBORw0KGgo=' }],
  ['TEXT_TO_SPEECH', { text: 'Hello' }],
  ['TRANSCRIPTION', { audio: WAV }],
];

describe.each(['signal', 'abortSignal'])('a `%s` in the params', (name) => {
  it.each(REQUESTS)('[row 101] closes the request of %s, and its reason is thrown', async (type, params) => {
    const server = await startRawServer(() => {});
    await start(undefined, { settings: { ELIZANET_BASE_URL: server.url } });
    const controller = new AbortController();
    const asked = call(type, { ...params, [name]: controller.signal });
    await server.until(() => server.requests.length === 1);
    const reason = new Error('not wanted');
    controller.abort(reason);
    expect(await failureOf(asked)).toBe(reason);
    await server.until(() => server.sockets.open === 0);
    await server.close();
  });

  it.each(REQUESTS)('that has fired keeps %s from being sent', async (type, params) => {
    await start();
    const reason = new Error('not wanted');
    expect(await failureOf(call(type, { ...params, [name]: AbortSignal.abort(reason) }))).toBe(reason);
    expect(guarded.elizaNet.calls).toEqual([]);
  });
});
