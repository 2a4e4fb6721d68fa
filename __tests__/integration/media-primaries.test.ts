import type { Plugin } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded } from '../../lab/guarded.js';
import { MP3, PNG_URL } from '../../lab/media.js';
import { groq, openai, type Primary } from '../../lab/primaries.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { SPEECH } from '../../lab/stand-in/protocols.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { getLastAttempts } from '../../src/index.js';

const openrouter: Primary = {
  name: 'openrouter',
  load: async () => (await import('@elizaos/plugin-openrouter')).openrouterPlugin as Plugin,
  settings: (url) => ({ OPENROUTER_BASE_URL: `${url}/api/v1`, OPENROUTER_API_KEY: 'sk-or-primary' }),
};
const elizaCloud: Primary = {
  name: 'elizaOSCloud',
  load: async () => (await import('@elizaos/plugin-elizacloud')).elizaOSCloudPlugin as Plugin,
  settings: (url) => ({ ELIZAOS_CLOUD_BASE_URL: `${url}/api/v1`, ELIZAOS_CLOUD_API_KEY: 'eliza-primary' }),
};
const google: Primary = {
  name: 'google-genai',
  load: async () => (await import('@elizaos/plugin-google-genai')).googleGenAIPlugin as Plugin,
  settings: () => ({ GOOGLE_GENERATIVE_AI_API_KEY: 'primary' }),
};

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
/** All of these hide a refused key as well: what they return in its place is no answer. */
const HIDDEN: [string, Fault][] = [...FAULTS, ['401', { kind: 'status', status: 401 }]];

const ask = (modelType: string, params: unknown) =>
  (guarded.runtime.useModel as (modelType: string, params: unknown) => Promise<unknown>)(modelType, params);
const OURS = { title: 'Ours', description: 'ElizaNet answers.' };

describe.each([openai, openrouter, elizaCloud])('an image that plugin-$name is to describe', (primary) => {
  it('is described by it while it is well', async () => {
    await start(primary);
    const described = await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL });
    expect(described).toEqual({ title: 'Theirs', description: 'The primary answers.' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(HIDDEN)('is described by ElizaNet on %s', async (_, fault) => {
    await start(primary);
    upstream.fault = fault;
    expect(await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL })).toEqual(OURS);
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
  });
});

describe('an image that plugin-google-genai is to describe', () => {
  // Its SDK has its address from the environment alone.
  afterEach(() => {
    delete process.env.GOOGLE_GEMINI_BASE_URL;
  });

  it.each(HIDDEN)('is described by ElizaNet on %s', async (_, fault) => {
    await start(google);
    process.env.GOOGLE_GEMINI_BASE_URL = upstream.url;
    upstream.fault = fault;
    expect(await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL })).toEqual(OURS);
    expect(upstream.requests.length).toBeGreaterThan(0);
    expect(getLastAttempts(guarded.runtime)[0]).toMatchObject({ provider: 'google-genai', outcome: 'failed' });
  });
});

describe.each([openai, groq])('audio that plugin-$name is to transcribe', (primary) => {
  it('is transcribed by it while it is well', async () => {
    await start(primary);
    expect(await ask('TRANSCRIPTION', MP3)).toBe('Title: Theirs\nThe primary answers.');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each(FAULTS)('is transcribed by ElizaNet on %s', async (_, fault) => {
    await start(primary);
    upstream.fault = fault;
    expect(await ask('TRANSCRIPTION', MP3)).toBe('Title: Ours\nElizaNet answers.');
    expect(guarded.elizaNet.calls[0]?.body.file).toEqual({ name: 'audio.mp3', type: 'audio/mpeg', bytes: MP3 });
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
  });
});

describe('speech and images of plugin-openai', () => {
  it.each(FAULTS)('are made by ElizaNet on %s', async (_, fault) => {
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
