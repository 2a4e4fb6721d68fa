import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MP3, PNG_URL } from '../../../lab/media.js';
import { createRuntime, type TestRuntime } from '../../../lab/runtime.js';
import { SPEECH } from '../../../lab/stand-in/protocols.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { asBytes } from '../../../src/http/as-bytes.js';
import { asJson } from '../../../src/http/as-json.js';
import { Endpoint } from '../../../src/http/endpoint.js';
import { request } from '../../../src/http/request.js';
import elizaNet from '../../../src/index.js';
import { chatCompletion } from '../../../src/openai/schemas.js';
import { MOCK_IMAGE_URL, MOCK_TEXT } from './config.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

let provider: StandIn;
let litellm: LiteLLM;
const agents: TestRuntime[] = [];

beforeAll(async () => {
  provider = await startMisbehavingProvider({ text: 'Title: A dot\nForwarded by LiteLLM.' });
  litellm = await startLiteLLM({ upstreamUrl: provider.url, masterKey: 'sk-master-of-the-tests' });
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
});

afterAll(async () => {
  await litellm?.stop();
  await provider?.close();
});

/** An agent that uses one LiteLLM model for images, descriptions, transcriptions and speech. */
async function startAgent(model?: string) {
  const names = ['ELIZANET_IMAGE_MODEL', 'ELIZANET_VISION_MODEL', 'ELIZANET_TRANSCRIPTION_MODEL', 'ELIZANET_TTS_MODEL'];
  const models = Object.fromEntries(names.map((name) => [name, model ?? '']));
  const agent = await createRuntime({
    plugins: [elizaNet],
    settings: { ELIZANET_BASE_URL: litellm.url, ...models },
    secrets: { ELIZANET_API_KEY: litellm.key },
  });
  agents.push(agent);
  const ask = agent.runtime.useModel.bind(agent.runtime) as (type: string, params: unknown) => Promise<unknown>;
  return { ask, sent: () => provider.calls.at(-1)?.body };
}

describe('an image through LiteLLM', () => {
  it('of a model that makes one per request takes one request each', async () => {
    const { ask } = await startAgent();
    expect(await ask('IMAGE', { prompt: 'A dot', count: 3 })).toEqual(Array(3).fill({ url: MOCK_IMAGE_URL }));
  });

  it("is requested with the caller's options", async () => {
    const { ask, sent } = await startAgent('upstream-ok');
    const wishes = { size: '640x480', quality: 'high' };
    expect(await ask('IMAGE', { prompt: 'A dot', count: 2, ...wishes })).toHaveLength(2);
    expect(sent()).toMatchObject({ prompt: 'A dot', n: 2, ...wishes });
  });

  it('that is returned inline is a data URL of its type, with the revised prompt', async () => {
    const { ask } = await startAgent('upstream-inline-image');
    expect(await ask('IMAGE', { prompt: 'A dot' })).toEqual([{ url: PNG_URL, revised_prompt: 'A dot' }]);
  });

  it('that moderation rejects is an error of kind content_policy', async () => {
    const { ask } = await startAgent('upstream-content-policy');
    const message = expect.not.stringContaining('litellm');
    const refusal = { name: 'UpstreamStatusError', kind: 'content_policy', statusCode: 400, message };
    await expect(ask('IMAGE', { prompt: 'A dot' })).rejects.toMatchObject(refusal);
  });
});

describe('an image description through LiteLLM', () => {
  it('is its text', async () => {
    const { ask } = await startAgent();
    const described = await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL });
    expect(described).toEqual({ title: 'Image Analysis', description: MOCK_TEXT });
  });

  it('sends the image unchanged', async () => {
    const { ask, sent } = await startAgent('upstream-ok');
    const described = await ask('IMAGE_DESCRIPTION', { imageUrl: PNG_URL, prompt: 'What is it?' });
    expect(described).toEqual({ title: 'A dot', description: 'Forwarded by LiteLLM.' });
    expect(sent()?.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: PNG_URL } },
        ],
      },
    ]);
  });
});

describe('a transcription through LiteLLM', () => {
  it('is the text of the audio, whose bytes and name reach the provider', async () => {
    const { ask, sent } = await startAgent('upstream-ok');
    const text = await ask('TRANSCRIPTION', { audio: MP3, language: 'en', prompt: 'Names: Ada' });
    expect(text).toBe('Title: A dot\nForwarded by LiteLLM.');
    expect(sent()).toMatchObject({
      language: 'en',
      prompt: 'Names: Ada',
      file: { name: 'audio.mp3', type: 'audio/mpeg', bytes: MP3 },
    });
  });

  it.each([
    ['upstream-429', 'rate_limit', 429],
    ['upstream-503', 'server', 503],
  ])('of %s is %s with its status', async (model, kind, statusCode) => {
    const { ask } = await startAgent(model);
    await expect(ask('TRANSCRIPTION', MP3)).rejects.toMatchObject({ kind, statusCode });
  });
});

describe('speech through LiteLLM', () => {
  it("is the provider's audio", async () => {
    const { ask, sent } = await startAgent('upstream-ok');
    expect(await ask('TEXT_TO_SPEECH', { text: 'Hello', speed: 1.2 })).toEqual(SPEECH);
    expect(sent()).toMatchObject({ input: 'Hello', voice: 'alloy', speed: 1.2 });
  });

  it('that fails is a bare 500', async () => {
    const { ask } = await startAgent('upstream-503');
    const failure = { name: 'UpstreamStatusError', kind: 'server', statusCode: 500 };
    await expect(ask('TEXT_TO_SPEECH', { text: 'Hello' })).rejects.toMatchObject(failure);
  });

  it('that fails takes no other call along, though LiteLLM cuts its connection without notice', async () => {
    const endpoint = new Endpoint({
      name: 'ElizaNet',
      baseUrl: litellm.url,
      apiKey: litellm.key,
      maxConcurrency: 1,
      clock: systemClock,
    });
    const speech = {
      path: '/v1/audio/speech',
      body: { model: 'upstream-503', input: 'Hello', voice: 'alloy' },
      timeoutMs: 10_000,
      closeConnection: true,
    };
    const chat = {
      path: '/v1/chat/completions',
      body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] },
      timeoutMs: 10_000,
    };
    for (let round = 0; round < 10; round++) {
      await request(endpoint, speech, asBytes('audio/*', 1024)).catch(() => {});
      const { value } = await request(endpoint, chat, asJson(chatCompletion));
      expect(value.choices[0]?.message.content).toBe(MOCK_TEXT);
    }
    await endpoint.close();
  });
});
