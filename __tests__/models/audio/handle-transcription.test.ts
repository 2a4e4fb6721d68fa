import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { fileServers } from '../../../lab/file-server.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { MP3, PNG_URL, page, WAV } from '../../../lab/media.js';
import { type Answer, startRawServer } from '../../../lab/raw-server.js';

const TEXT = 'Hello from the tape.';

let guarded: Guarded;
const files = fileServers();
const start = async (options: GuardedOptions = {}) => {
  guarded = await createGuarded({ elizaNet: { text: TEXT }, ...options });
  return guarded.runtime;
};

afterEach(async () => {
  await guarded.stop();
  await files.close();
});

const transcribe = (runtime: Guarded['runtime'], input: unknown) =>
  runtime.useModel('TRANSCRIPTION', input as { audioUrl: string });
const heard = () => guarded.elizaNet.calls[0]?.body;

describe('a transcription of ElizaNet', () => {
  it('is the text', async () => {
    const runtime = await start({ settings: { ELIZANET_TRANSCRIPTION_MODEL: 'whisper-large' } });
    expect(await transcribe(runtime, MP3)).toBe(TEXT);
    expect(guarded.elizaNet.calls[0]?.path).toBe('/v1/audio/transcriptions');
    expect(heard()).toEqual({
      model: 'whisper-large',
      response_format: 'json',
      file: { name: 'audio.mp3', type: 'audio/mpeg', bytes: MP3 },
    });
  });

  it.each([
    ['a Buffer', () => WAV],
    ['a Uint8Array', () => new Uint8Array(WAV)],
    ['a view into a larger buffer', () => Buffer.concat([MP3, WAV]).subarray(MP3.length)],
    ['an ArrayBuffer', () => new Uint8Array(WAV).buffer],
    ['a Blob without a type', () => new Blob([new Uint8Array(WAV)])],
    ['{ audio: Buffer }', () => ({ audio: WAV })],
    ['{ audio: Blob }', () => ({ audio: new Blob([new Uint8Array(WAV)], { type: 'audio/webm' }) })],
    ['{ audio: data URL }', () => ({ audio: `data:audio/x-wav;base64,${WAV.toString('base64')}` })],
    ['{ audioUrl: data URL }', () => ({ audioUrl: `data:;base64,${WAV.toString('base64')}` })],
  ])('takes %s', async (_, input) => {
    const runtime = await start();
    expect(await transcribe(runtime, input())).toBe(TEXT);
    // Bun's parser in the stand-in has a name of its own for WAV.
    expect(heard()?.file).toEqual({ name: 'audio.wav', type: expect.stringMatching(/^audio\/(x-)?wav$/), bytes: WAV });
  });

  it('takes an address, and sends it no key', async () => {
    const { url, requests } = await files.serve({ '/tape': page(MP3) });
    const runtime = await start({
      settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' },
      secrets: { ELIZANET_API_KEY: 'sk-secret' },
    });
    expect(await transcribe(runtime, { audioUrl: `${url}/tape`, prompt: 'Names: Ada' })).toBe(TEXT);
    expect(heard()).toMatchObject({ prompt: 'Names: Ada', file: { name: 'audio.mp3', bytes: MP3 } });
    expect(JSON.stringify(requests)).not.toContain('sk-secret');
    // core 1.7.2 itself fails on a string before it asks a handler.
    expect(await runtime.getModel('TRANSCRIPTION')?.(runtime, `${url}/tape` as never)).toBe(TEXT);
  });

  it('passes on the language and the prompt, and nothing that was meant for another provider', async () => {
    const runtime = await start({ settings: { DEFAULT_TEMPERATURE: '0.7' } });
    const more = { model: 'gpt-4o-transcribe', response_format: 'srt', temperature: 1, mimeType: 'audio/mpeg' };
    await transcribe(runtime, { audio: MP3, language: 'de', prompt: 'Namen: Ada', ...more });
    expect(heard()).toMatchObject({
      model: 'whisper-1',
      response_format: 'json',
      language: 'de',
      prompt: 'Namen: Ada',
    });
    expect(Object.keys(heard() ?? {}).sort()).toEqual(['file', 'language', 'model', 'prompt', 'response_format']);
  });

  it.each([
    [{ audio: Buffer.from('mystery') }, 'audio.bin', 'application/octet-stream'],
    [{ audio: Buffer.from('mystery'), mimeType: 'audio/x-m4a; codecs=aac' }, 'audio.m4a', 'audio/x-m4a'],
    [{ audio: new Blob(['mystery'], { type: 'audio/ogg;codecs=opus' }) }, 'audio.ogg', 'audio/ogg'],
    [{ audio: Buffer.from('mystery'), mimeType: 'constructor' }, 'audio.bin', 'application/octet-stream'],
    [{ audio: Buffer.from('mystery'), mimeType: 7 }, 'audio.bin', 'application/octet-stream'],
    [{ audio: new Blob(['mystery'], { type: 'audio/ogg' }), mimeType: ['audio/mpeg'] }, 'audio.ogg', 'audio/ogg'],
  ])('names bytes of an unknown kind as the caller does: %j', async (input, name, type) => {
    const runtime = await start();
    await transcribe(runtime, input);
    expect(heard()?.file).toMatchObject({ name, type });
  });

  it('of silence is an empty text', async () => {
    const runtime = await start({ elizaNet: { text: '' } });
    expect(await transcribe(runtime, MP3)).toBe('');
  });

  it.each([{}, { text: null }, { text: 7 }])('is not %j', async (body) => {
    const runtime = await start();
    guarded.elizaNet.fault = { kind: 'status', status: 200, body: JSON.stringify(body) };
    await expect(transcribe(runtime, MP3)).rejects.toMatchObject({ name: 'InvalidResponseError' });
  });

  it('survives usage in any form', async () => {
    const runtime = await start();
    for (const usage of [null, { type: 'duration', seconds: 3 }, 'none', { input_tokens: 'many' }]) {
      guarded.elizaNet.fault = { kind: 'status', status: 200, body: JSON.stringify({ text: TEXT, usage }) };
      expect(await transcribe(runtime, MP3)).toBe(TEXT);
    }
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', { audio: 7 }],
    ['an object without audio', { text: 'hi' }],
    ['an empty Buffer', Buffer.alloc(0)],
    ['an empty Blob', new Blob([])],
    ['an empty data URL', { audioUrl: 'data:audio/mpeg;base64,' }],
    ['a Buffer of more than 25 MiB', Buffer.alloc(25 * 1024 * 1024 + 1)],
    ['a data URL of more than 25 MiB', { audioUrl: `data:;base64,${'A'.repeat(36_000_000)}` }],
    ['a picture', { audioUrl: PNG_URL }],
    ['a file name', { audioUrl: 'tape.mp3' }],
    ['a prompt that is no string', { audio: MP3, prompt: {} }],
  ])('is not requested for %s', async (_, input) => {
    const runtime = await start();
    await expect(transcribe(runtime, input)).rejects.toMatchObject({ name: 'InvalidInputError', kind: 'request' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('is not requested for a page of text, of which nothing is sent', async () => {
    const { url } = await files.serve({ '/tape.mp3': page('<html>internal</html>', 'text/html; charset=utf-8') });
    const runtime = await start({ settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' } });
    const error = await transcribe(runtime, { audioUrl: `${url}/tape.mp3` }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'InvalidInputError', message: 'audio is of type text/html' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('is not requested for a private address', async () => {
    const { url, requests } = await files.serve({ '/tape': page(MP3) });
    const runtime = await start();
    const transcribing = transcribe(runtime, { audioUrl: `${url}/tape` });
    await expect(transcribing).rejects.toMatchObject({ name: 'ResourceError' });
    expect(requests).toHaveLength(0);
  });
});

describe('audio that never arrives', () => {
  const SWITCHING: Answer = (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tape\r\n\r\n');
  const SILENT: Answer = () => {};

  /** Begins a transcription and returns it once its audio is being waited for. */
  async function begin(source: Answer | 'a Blob', abortSignal?: AbortSignal) {
    const clock = fakeClock();
    const settings = { ELIZANET_ALLOW_PRIVATE_URLS: 'true', ELIZANET_TIMEOUT: '20000' };
    const runtime = await start({ settings, options: { clock } });
    const server = await startRawServer(source === 'a Blob' ? SILENT : source);
    stopServer = () => server.close();
    let isRead = false;
    const arrayBuffer = () => {
      isRead = true;
      return new Promise(() => {});
    };
    const audio =
      source === 'a Blob' ? Object.assign(new Blob([new Uint8Array(WAV)]), { arrayBuffer }) : `${server.url}/tape`;
    const outcome = transcribe(runtime, { audio, abortSignal }).catch((error) => error);
    while (!isRead && server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return { clock, outcome };
  }

  let stopServer: (() => Promise<void>) | undefined;
  afterEach(() => stopServer?.());
  const sources = [
    ['a server that switches protocols', SWITCHING],
    ['a silent server', SILENT],
    ['a Blob', 'a Blob'],
  ] as const;

  it.each(sources)('from %s ends the call at ELIZANET_TIMEOUT', async (_, source) => {
    const { clock, outcome } = await begin(source);
    clock.advance(20_000);
    expect(await outcome).toMatchObject({ code: 'RESOURCE_FETCH', message: 'audio could not be read within 20000 ms' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(sources)('from %s does not outlast an abort', async (_, source) => {
    const controller = new AbortController();
    const { outcome } = await begin(source, controller.signal);
    const reason = new Error('the user went away');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
  });
});

it('audio at a name that resolves to a private address is not fetched, and the address is sent nowhere', async () => {
  const lookup = async () => ['93.184.216.34', '10.0.0.7'];
  const runtime = await start({ options: { lookup } });
  const error = await transcribe(runtime, { audioUrl: 'http://files.example.com/tape.mp3' }).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'RESOURCE_REFUSED' });
  expect(guarded.elizaNet.calls).toHaveLength(0);
});

describe('a failing primary', () => {
  const APOLOGY = 'Error transcribing audio. Please try again later.';

  it.each([
    ['throws', () => Promise.reject(statusError(503)), 'primary'],
    ['apologises', () => APOLOGY, 'groq'],
    ['answers nothing', () => undefined, 'groq'],
  ])('that %s is replaced by ElizaNet, which hears the same', async (_, handler, name) => {
    const runtime = await start({ plugins: [primary({ TRANSCRIPTION: handler }, name)] });
    expect(await transcribe(runtime, WAV)).toBe(TEXT);
    expect(await transcribe(runtime, new Blob([new Uint8Array(WAV)]))).toBe(TEXT);
    expect(await transcribe(runtime, { audio: WAV })).toBe(TEXT);
    expect(guarded.elizaNet.calls.map(({ body }) => body.file)).toMatchObject([
      { bytes: WAV },
      { bytes: WAV },
      { bytes: WAV },
    ]);
  });

  it('gets the very Buffer or Blob that the caller passed', async () => {
    const seen: unknown[] = [];
    const runtime = await start({ plugins: [primary({ TRANSCRIPTION: (params) => String(seen.push(params)) })] });
    const blob = new Blob(['x']);
    await transcribe(runtime, WAV);
    await transcribe(runtime, blob);
    expect(seen[0]).toBe(WAV);
    expect(seen[1]).toBe(blob);
  });
});
