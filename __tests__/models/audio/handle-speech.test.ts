import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { SPEECH } from '../../../lab/stand-in/protocols.js';

let guarded: Guarded;
const start = async ({ settings, ...options }: GuardedOptions = {}) => {
  guarded = await createGuarded({ settings: { ELIZANET_TTS_MODEL: 'tts-1', ...settings }, ...options });
  return guarded.runtime;
};

afterEach(() => guarded.stop());

const speak = (runtime: Guarded['runtime'], params: object) =>
  runtime.useModel('TEXT_TO_SPEECH', params as { text: string });

describe('speech of ElizaNet', () => {
  it('is served only when a model is set for it', async () => {
    const runtime = await start({ settings: { ELIZANET_TTS_MODEL: ' ' } });
    expect(runtime.models.has('TEXT_TO_SPEECH')).toBe(false);
  });

  it('is the audio, in the voice of the settings', async () => {
    const runtime = await start();
    expect(await speak(runtime, { text: 'Hello' })).toEqual(SPEECH);
    const [call] = guarded.elizaNet.calls;
    expect(call?.path).toBe('/v1/audio/speech');
    expect(call?.body).toEqual({ model: 'tts-1', input: 'Hello', voice: 'alloy' });
  });

  it('takes a text alone', async () => {
    const runtime = await start({ settings: { ELIZANET_TTS_VOICE: 'nova' } });
    // core 1.7.2 itself fails on a string before it asks a handler.
    expect(await runtime.getModel('TEXT_TO_SPEECH')?.(runtime, 'Hello' as never)).toEqual(SPEECH);
    expect(guarded.elizaNet.calls[0]?.body).toEqual({ model: 'tts-1', input: 'Hello', voice: 'nova' });
  });

  it('is as the caller wants it', async () => {
    const runtime = await start();
    const wishes = { voice: 'echo', speed: 1.5, format: 'wav', instructions: 'Whisper.' };
    await speak(runtime, { text: 'Hello', model: 'other', user: 'u', ...wishes });
    const { format, ...sent } = wishes;
    const expected = { model: 'tts-1', input: 'Hello', response_format: format, ...sent };
    expect(guarded.elizaNet.calls[0]?.body).toEqual(expected);
  });

  it('comes over a connection that is not used again', async () => {
    const runtime = await start();
    await speak(runtime, { text: 'Hello' });
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(guarded.elizaNet.calls.map(({ headers }) => headers.connection)).toEqual(['close', 'keep-alive']);
  });

  it.each([[''], [' \n'], [undefined], [7]])('is not asked for of %j', async (text) => {
    const runtime = await start();
    await expect(speak(runtime, { text })).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each([
    ['empty', { kind: 'status', status: 200, body: '', contentType: 'audio/mpeg' }, 'InvalidResponseError'],
    ['JSON', { kind: 'status', status: 200, body: '{"error":1}' }, 'InvalidResponseError'],
    ['a web page', { kind: 'garbage' }, 'InvalidResponseError'],
    [
      "LiteLLM's bare 500",
      { kind: 'status', status: 500, body: 'Internal Server Error', contentType: 'text/plain' },
      'UpstreamStatusError',
    ],
  ] as const)('is a typed failure when the answer is %s', async (_, fault, name) => {
    const runtime = await start();
    guarded.elizaNet.fault = fault;
    await expect(speak(runtime, { text: 'Hello' })).rejects.toMatchObject({ name, kind: 'server' });
  });
});

describe('a failing primary', () => {
  it.each([
    ['throws', () => Promise.reject(statusError(429))],
    ['answers with nothing', () => new ArrayBuffer(0)],
  ])('that %s is replaced by ElizaNet', async (_, handler) => {
    const runtime = await start({ plugins: [primary({ TEXT_TO_SPEECH: handler })] });
    expect(await speak(runtime, { text: 'Hello' })).toEqual(SPEECH);
  });

  it('is asked first while it works', async () => {
    const audio = new ArrayBuffer(4);
    const runtime = await start({ plugins: [primary({ TEXT_TO_SPEECH: () => audio })] });
    expect(await speak(runtime, { text: 'Hello' })).toBe(audio);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});
