import { getEnvironment } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { chatText } from '../../../lab/chat-replies.js';
import { type FileServer, fileServers } from '../../../lab/file-server.js';
import { createGuarded, type Guarded, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { PNG, PNG_URL, page } from '../../../lab/media.js';
import { InvalidResponseError, OutputLimitError } from '../../../src/index.js';

const ANSWER = 'Title: A dot\n\nA single dot.';
const DESCRIPTION = { title: 'A dot', description: 'A single dot.' };
const PUBLIC_URL = 'https://pictures.example.com/a.png';

let guarded: Guarded;
const files = fileServers();
const PUBLIC_ADDRESS = '93.184.216.34';
const start = async ({ elizaNet, options, ...rest }: GuardedOptions = {}) => {
  guarded = await createGuarded({
    elizaNet: { text: ANSWER, ...elizaNet },
    options: { lookup: async (name) => [name === 'localhost' ? '127.0.0.1' : PUBLIC_ADDRESS], ...options },
    ...rest,
  });
  return guarded.runtime;
};

afterEach(async () => {
  await guarded.stop();
  await files.close();
});

/** The image that ElizaNet was shown in each request. */
const shown = () =>
  guarded.elizaNet.calls.map(({ body }) => {
    const [{ content }] = body.messages as [{ content: { image_url?: { url: string } }[] }];
    return content[1]?.image_url?.url;
  });
const describeImage = (runtime: Guarded['runtime'], imageUrl: unknown, more: object = {}) =>
  runtime.useModel('IMAGE_DESCRIPTION', { imageUrl: imageUrl as string, ...more });

describe('an image description of ElizaNet', () => {
  it('has a title and a description', async () => {
    const runtime = await start();
    expect(await describeImage(runtime, PUBLIC_URL)).toEqual(DESCRIPTION);
    const [call] = guarded.elizaNet.calls;
    expect(call?.path).toBe('/v1/chat/completions');
    expect(call?.body).toEqual({
      model: 'gpt-4o-mini',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: expect.stringContaining('title') },
            { type: 'image_url', image_url: { url: PUBLIC_URL } },
          ],
        },
      ],
    });
  });

  it('follows the prompt of the caller, the model of the settings and the limits of the character', async () => {
    const runtime = await start({
      settings: { ELIZANET_VISION_MODEL: 'llava', IMAGE_DESCRIPTION_MAX_TOKENS: '300', DEFAULT_TEMPERATURE: '0.1' },
    });
    await describeImage(runtime, PUBLIC_URL, { prompt: 'What colour is it?' });
    const body = guarded.elizaNet.calls[0]?.body;
    expect(body).toMatchObject({ model: 'llava', max_tokens: 300, temperature: 0.1 });
    expect(JSON.stringify(body?.messages)).toContain('What colour is it?');
    expect(body).not.toHaveProperty('user');
  });

  it.each([
    ['before it', '<think>Title: A dog? {"description":"No."}</think>'],
    ['that began in the prompt', 'a dog? {"description":"No."}</think>'],
  ])('has nothing of the thinking %s', async (_, thinking) => {
    const runtime = await start({ elizaNet: { text: thinking + ANSWER } });
    expect(await describeImage(runtime, PUBLIC_URL)).toEqual(DESCRIPTION);
  });

  it.each([
    ['stop', InvalidResponseError],
    ['length', OutputLimitError],
  ])('is an error when there is nothing but thinking, ended by %s', async (finishReason, type) => {
    const runtime = await start();
    guarded.elizaNet.fault = chatText('<think>A secret cat.', finishReason);
    const error = await describeImage(runtime, PUBLIC_URL).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ model: 'gpt-4o-mini' });
    expect(error.message).not.toContain('secret');
  });

  it('takes an address alone', async () => {
    const runtime = await start();
    // core 1.7.2 itself fails on a string before it asks a handler.
    const handler = runtime.getModel('IMAGE_DESCRIPTION');
    expect(await handler?.(runtime, PUBLIC_URL as never)).toEqual(DESCRIPTION);
    expect(shown()).toEqual([PUBLIC_URL]);
  });

  it('tells core what it cost', async () => {
    const runtime = await start();
    await describeImage(runtime, PUBLIC_URL);
    const used = guarded.events.find(({ name }) => name === 'MODEL_USED');
    expect(used?.payload).toMatchObject({ provider: 'elizanet-fallback', type: 'IMAGE_DESCRIPTION' });
  });
});

describe('the image', () => {
  it('at a public address is left to the upstream to fetch', async () => {
    const runtime = await start();
    await describeImage(runtime, 'http://93.184.216.34/a.png?x=1');
    expect(shown()).toEqual(['http://93.184.216.34/a.png?x=1']);
  });

  it('as a data URL travels as it is', async () => {
    const runtime = await start();
    await describeImage(runtime, PNG_URL);
    expect(shown()).toEqual([PNG_URL]);
  });

  it('as a data URL of the wrong type travels with the right one', async () => {
    const runtime = await start();
    await describeImage(runtime, PNG_URL.replace('image/png', 'application/octet-stream'));
    expect(shown()).toEqual([PNG_URL]);
  });

  it('on this machine is refused, unless the settings allow it', async () => {
    const { url, requests } = await files.serve({ '/a.png': page(PNG) });
    const runtime = await start();
    const error = await describeImage(runtime, `${url}/a.png`).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'ResourceError', kind: 'request' });
    expect(error.message).toContain('ELIZANET_ALLOW_PRIVATE_URLS');
    expect([requests.length, guarded.elizaNet.calls.length]).toEqual([0, 0]);
  });

  it('on this machine is fetched and travels inline when the settings allow it', async () => {
    const { url, requests } = await files.serve({ '/a.png': page(PNG) });
    const runtime = await start({
      settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' },
      secrets: { ELIZANET_API_KEY: 'sk-secret' },
    });
    expect(await describeImage(runtime, `${url}/a.png`)).toEqual(DESCRIPTION);
    expect(shown()).toEqual([PNG_URL]);
    expect(JSON.stringify(requests)).not.toContain('sk-secret');
  });

  it('that the upstream cannot fetch is fetched here, once', async () => {
    const { port, requests } = await files.serve({ '/a.png': page(PNG) });
    // Public when it is judged, and reachable for this test when it is fetched.
    const answers = [PUBLIC_ADDRESS, '127.0.0.1'];
    const runtime = await start({
      settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' },
      options: { lookup: async () => [answers.shift() ?? ''] },
    });
    guarded.elizaNet.fault = ({ body }) =>
      JSON.stringify(body).includes(PNG_URL) ? { kind: 'none' } : { kind: 'status', status: 400 };
    const imageUrl = `http://pictures.example.com:${port}/a.png`;
    expect(await describeImage(runtime, imageUrl)).toEqual(DESCRIPTION);
    expect([shown(), requests.length]).toEqual([[imageUrl, PNG_URL], 1]);
  });

  it('whose public name resolves to a private address is fetched here and travels inline, if the settings allow it', async () => {
    const { port } = await files.serve({ '/a.png': page(PNG) });
    const runtime = await start({
      settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' },
      options: { lookup: async () => ['127.0.0.1'] },
    });
    expect(await describeImage(runtime, `http://pictures.example.com:${port}/a.png`)).toEqual(DESCRIPTION);
    expect(shown()).toEqual([PNG_URL]);
  });

  it.each<[string, () => Promise<string[]>]>([
    ['a private address', async () => ['127.0.0.1']],
    ['a public and a private address', async () => [PUBLIC_ADDRESS, '10.0.0.7']],
    ['a metadata service', async () => ['169.254.169.254']],
    ['nothing', async () => []],
    ['an error', () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }))],
  ])('whose name resolves to %s is sent to no server', async (_, lookup) => {
    const { port, requests } = await files.serve({ '/a.png': page(PNG) });
    const runtime = await start({ options: { lookup } });
    const describing = describeImage(runtime, `http://pictures.example.com:${port}/a.png`);
    await expect(describing).rejects.toMatchObject({ name: 'ResourceError' });
    expect([guarded.elizaNet.calls.length, requests.length]).toEqual([0, 0]);
  });

  it.each([500, 401, 429])('is not fetched here because the upstream answers %i', async (status) => {
    const runtime = await start();
    guarded.elizaNet.fault = { kind: 'status', status };
    await expect(describeImage(runtime, PUBLIC_URL)).rejects.toMatchObject({ statusCode: status });
  });

  it.each([
    ['', 'InvalidInputError'],
    [undefined, 'InvalidInputError'],
    [7, 'InvalidInputError'],
    ['a.png', 'InvalidInputError'],
    ['file:///etc/passwd', 'InvalidInputError'],
    ['ftp://example.com/a.png', 'InvalidInputError'],
    ['data:image/png,abc', 'InvalidInputError'],
    ['data:image/png;base64,', 'InvalidInputError'],
    ['data:image/png;base64,bm8gaW1hZ2U=', 'InvalidInputError'],
    [`data:image/png;base64,${'A'.repeat(28_000_000)}`, 'InvalidInputError'],
    ['http://169.254.169.254/latest/meta-data', 'ResourceError'],
    ['http://alice:secret@example.com/a.png', 'ResourceError'],
    ['/etc/passwd', 'ResourceError'],
    ['/media/../api/agents', 'ResourceError'],
    ['/media/%2e%2e/api/agents', 'ResourceError'],
    ['/media/..%2fapi/agents', 'ResourceError'],
    ['/media/..\\api', 'ResourceError'],
    ['//example.com/media/a.png', 'ResourceError'],
    ['/mediator', 'ResourceError'],
  ])('%.60s is refused', async (imageUrl, name) => {
    const runtime = await start();
    await expect(describeImage(runtime, imageUrl)).rejects.toMatchObject({ name, kind: 'request' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('that is a page of text is refused, and none of it is sent', async () => {
    const { url } = await files.serve({ '/a.png': page('<html>internal</html>', 'image/png') });
    const runtime = await start({ settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' } });
    await expect(describeImage(runtime, `${url}/a.png`)).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('a file of the host', () => {
  const hostAt = ({ port }: FileServer) => getEnvironment().set('SERVER_PORT', port);

  afterEach(() => {
    delete process.env.SERVER_PORT;
    getEnvironment().clearCache();
  });

  it("is fetched from the host's own server and travels inline", async () => {
    hostAt(await files.serve({ '/media/uploads/agents/a/b.png': page(PNG) }));
    const runtime = await start();
    expect(await describeImage(runtime, '/media/uploads/agents/a/b.png')).toEqual(DESCRIPTION);
    expect(shown()).toEqual([PNG_URL]);
  });

  it('is not followed to where it redirects', async () => {
    const host = await files.serve({
      '/media/b.png': (_, response) => response.writeHead(302, { location: '/api/secrets' }).end(),
      '/api/secrets': page(PNG),
    });
    hostAt(host);
    const runtime = await start();
    await expect(describeImage(runtime, '/media/b.png')).rejects.toMatchObject({ name: 'ResourceError' });
    expect(host.requests).toHaveLength(1);
  });
});

describe('a failing primary', () => {
  it.each([
    ['throws', () => Promise.reject(statusError(503))],
    ['apologises', () => ({ title: 'Failed to analyze image', description: 'Error: OpenAI API error: 429' })],
    ['says nothing', () => ({ title: 'Image Analysis', description: '' })],
  ])('that %s is replaced by ElizaNet', async (_, handler) => {
    const runtime = await start({ plugins: [{ ...primary({ IMAGE_DESCRIPTION: handler }), name: 'openai' }] });
    expect(await describeImage(runtime, PNG_URL)).toEqual(DESCRIPTION);
  });

  it('does not make an address that must not be fetched from count against ElizaNet', async () => {
    const runtime = await start({ settings: { ELIZANET_FAILURE_THRESHOLD: '1' } });
    await describeImage(runtime, 'http://10.0.0.1/a.png').catch(() => {});
    expect(await describeImage(runtime, PNG_URL)).toEqual(DESCRIPTION);
  });
});
