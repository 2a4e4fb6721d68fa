import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded } from '../../lab/guarded.js';
import { MP3, PNG_URL } from '../../lab/media.js';
import { elizaCloud, googleGenAi, groq, openai, openrouter, type Primary } from '../../lab/primaries.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { SPEECH } from '../../lab/stand-in/protocols.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { getLastAttempts } from '../../src/index.js';

let upstream: StandIn;
let guarded: Guarded;

async function start({ load, settings }: Primary): Promise<void> {
  upstream = await startStandIn({ text: 'Title: Theirs\nThe primary answers.' });
  guarded = await createGuarded({
    plugins: [await load()],
    settings: { ...settings(upstream.url), ELIZANET_TTS_MODEL: 'tts-1' },
    elizaNet: { text: 'Title: Ours\nElizaNet answers.' },
  });
}

afterEach(async () => {
  await guarded.stop();
  await upstream.close();
});

const FAULTS: [string, Fault][] = [
  ['429', { kind: 'status', status: 429 }],
  ['503', { kind: 'status', status: 503 }],
  ['a dropped connection', { kind: 'drop' }],
];
/** These plugins also hide a 401: they return a value instead of an answer. */
const HIDDEN: [string, Fault][] = [...FAULTS, ['401', { kind: 'status', status: 401 }]];

const ask = (modelType: string, params: unknown) =>
  (guarded.runtime.useModel as (modelType: string, params: unknown) => Promise<unknown>)(modelType, params);
const OURS = { title: 'Ours', description: 'ElizaNet answers.' };

describe.each([openai, openrouter, elizaCloud])('an image description by plugin-$name', (primary) => {
  it('comes from the primary while it is healthy', async () => {
    await start(primary);
    const described = await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL });
    expect(described).toEqual({ title: 'Theirs', description: 'The primary answers.' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(HIDDEN)('comes from ElizaNet on %s', async (_, fault) => {
    await start(primary);
    upstream.fault = fault;
    expect(await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL })).toEqual(OURS);
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
  });
});

describe('an image description by plugin-google-genai', () => {
  // Its SDK reads the base URL from the environment only.
  afterEach(() => {
    delete process.env.GOOGLE_GEMINI_BASE_URL;
  });

  it.each(HIDDEN)('comes from ElizaNet on %s', async (_, fault) => {
    await start(googleGenAi);
    process.env.GOOGLE_GEMINI_BASE_URL = upstream.url;
    upstream.fault = fault;
    expect(await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL })).toEqual(OURS);
    expect(upstream.requests.length).toBeGreaterThan(0);
    expect(getLastAttempts(guarded.runtime)[0]).toMatchObject({ provider: 'google-genai', outcome: 'failed' });
  });
});

describe.each([openai, groq])('a transcription by plugin-$name', (primary) => {
  it('comes from the primary while it is healthy', async () => {
    await start(primary);
    expect(await ask('TRANSCRIPTION', MP3)).toBe('Title: Theirs\nThe primary answers.');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(FAULTS)('comes from ElizaNet on %s', async (_, fault) => {
    await start(primary);
    upstream.fault = fault;
    expect(await ask('TRANSCRIPTION', MP3)).toBe('Title: Ours\nElizaNet answers.');
    expect(guarded.elizaNet.calls[0]?.body.file).toEqual({ name: 'audio.mp3', type: 'audio/mpeg', bytes: MP3 });
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
  });
});

describe('speech and images by plugin-openai', () => {
  it.each(FAULTS)('come from ElizaNet on %s', async (_, fault) => {
    await start(openai);
    upstream.fault = fault;
    const [speech, images] = await Promise.all([
      ask('TEXT_TO_SPEECH', { text: 'Hello', voice: 'echo' }),
      ask('IMAGE', { prompt: 'A lighthouse', count: 2 }),
    ]);
    expect(speech).toEqual(SPEECH);
    expect(images).toHaveLength(2);
    expect(new Set(guarded.logs.map(({ provider }) => provider))).toEqual(new Set(['elizanet-fallback']));
  });
});
