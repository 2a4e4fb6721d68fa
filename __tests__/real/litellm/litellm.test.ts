import { inspect } from 'node:util';
import { ModelType, type Plugin, type ServiceTypeName } from '@elizaos/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureOf as rejectionOf } from '../../../lab/client.js';
import { collector } from '../../../lab/guarded.js';
import { openai } from '../../../lab/primaries.js';
import { createRuntime, type TestRuntime } from '../../../lab/runtime.js';
import { type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import elizaNet, {
  AllProvidersFailedError,
  type ElizaNetError,
  type ElizaNetFallbackService,
  getLastAttempts,
  PROVIDER_NAME,
} from '../../../src/index';
import { MOCK_IMAGE_URL, MOCK_TEXT, MOCK_VECTOR } from './config.js';
import { startMisbehavingProvider } from './misbehaving-provider.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

const MASTER_KEY = 'sk-master-of-the-tests';
const prompt = 'Where does the answer come from?';

let provider: StandIn;
let litellm: LiteLLM;
const agents: TestRuntime[] = [];

beforeAll(async () => {
  provider = await startMisbehavingProvider({ text: 'Forwarded by LiteLLM.', object: { mood: 'calm' } });
  litellm = await startLiteLLM({ upstreamUrl: provider.url, masterKey: MASTER_KEY });
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
});

afterAll(async () => {
  await litellm?.stop();
  await provider?.close();
});

async function startAgent(settings: Record<string, string> = {}, primaries: Plugin[] = []): Promise<TestRuntime> {
  const agent = await createRuntime({
    plugins: [...primaries, elizaNet],
    settings: { ELIZANET_BASE_URL: litellm.url, ...settings },
    secrets: { ELIZANET_API_KEY: settings.ELIZANET_API_KEY ?? litellm.key },
  });
  agents.push(agent);
  return agent;
}

/** The `ElizaNetError` that `promise` rejects with. It must not contain the key. */
async function failureOf(promise: Promise<unknown>, key = litellm.key): Promise<ElizaNetError> {
  const error = await rejectionOf(promise);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(key);
  return error;
}

describe('an agent with LiteLLM as its only provider', () => {
  it('answers a text', async () => {
    const { runtime } = await startAgent();
    expect(await runtime.useModel(ModelType.TEXT_SMALL, { prompt })).toBe(MOCK_TEXT);
    expect(await runtime.useModel(ModelType.TEXT_LARGE, { prompt })).toBe(MOCK_TEXT);
  });

  it('streams a text in chunks that join to the answer', async () => {
    const { runtime } = await startAgent();
    const { chunks, onStreamChunk } = collector();
    const text = await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk });
    expect(text).toBe(MOCK_TEXT);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.join('')).toBe(MOCK_TEXT);
  });

  it('answers an object, in JSON mode', async () => {
    const { runtime } = await startAgent({ ELIZANET_SMALL_MODEL: 'upstream-ok' });
    expect(await runtime.useModel(ModelType.OBJECT_SMALL, { prompt })).toEqual({ mood: 'calm' });
    expect(provider.calls.at(-1)?.body.response_format).toEqual({ type: 'json_object' });
  });

  it('embeds a text, also when LiteLLM forwards it', async () => {
    const { runtime } = await startAgent();
    expect(await runtime.useModel(ModelType.TEXT_EMBEDDING, { text: 'Hello' })).toEqual(MOCK_VECTOR);
    const other = await startAgent({ ELIZANET_EMBEDDING_MODEL: 'upstream-ok', ELIZANET_EMBEDDING_ON_ERROR: 'throw' });
    expect(await other.runtime.useModel(ModelType.TEXT_EMBEDDING, { text: 'Hello' })).toHaveLength(1536);
    expect(provider.calls.at(-1)?.path).toBe('/v1/embeddings');
  });

  it('embeds 1,000 concurrent texts in at most 20 requests', async () => {
    const settings = { ELIZANET_EMBEDDING_MODEL: 'upstream-ok', ELIZANET_EMBEDDING_ON_ERROR: 'throw' };
    const { runtime } = await startAgent(settings);
    const before = provider.calls.length;
    const texts = Array.from({ length: 1_000 }, (_, i) => `Text ${i}`);
    const vectors = await Promise.all(texts.map((text) => runtime.useModel(ModelType.TEXT_EMBEDDING, { text })));
    expect(vectors.filter((vector) => vector.length === 1536)).toHaveLength(1_000);
    const sent = provider.calls.slice(before).map(({ body }) => body.input as string | string[]);
    expect(sent.length).toBeLessThanOrEqual(20);
    expect(sent.flat().sort()).toEqual([...texts].sort());
  });

  it('makes an image', async () => {
    const { runtime } = await startAgent();
    expect(await runtime.useModel(ModelType.IMAGE, { prompt: 'A lighthouse' })).toEqual([{ url: MOCK_IMAGE_URL }]);
  });

  it('learns from the health check whether the key is accepted', async () => {
    const health = async ({ runtime }: TestRuntime) => {
      const service = await runtime.getServiceLoadPromise(PROVIDER_NAME as ServiceTypeName);
      return (service as ElizaNetFallbackService).healthCheck();
    };
    const well = await health(await startAgent());
    expect(well).toMatchObject({ reachable: true, key: 'accepted' });
    expect(well.models).toContain('gpt-4o-mini');
    expect(well.error).toBeUndefined();
    const refused = await health(await startAgent({ ELIZANET_API_KEY: 'sk-wrong' }));
    expect(refused).toMatchObject({ reachable: true, key: 'refused', error: { kind: 'auth' } });
  });
});

describe('a failure of LiteLLM', () => {
  it('names the setting to change when the key is refused', async () => {
    const { runtime } = await startAgent({ ELIZANET_API_KEY: 'sk-wrong' });
    const error = await failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }), 'sk-wrong');
    expect(error).toMatchObject({ kind: 'auth', statusCode: 400 });
    expect(error.message).toContain('ELIZANET_API_KEY');
  });

  it('names the setting to change when the model does not exist', async () => {
    const { runtime } = await startAgent({ ELIZANET_SMALL_MODEL: 'no-such-model' });
    const error = await failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }));
    expect(error).toMatchObject({ kind: 'model_not_found', statusCode: 400, model: 'no-such-model' });
    expect(error.message).toMatch(/ELIZANET_.*MODEL/);
  });

  it.each([
    ['upstream-429', 'rate_limit', 429],
    ['upstream-quota', 'quota', 429],
    ['upstream-500', 'server', 500],
    ['upstream-503', 'server', 503],
    ['upstream-drop', 'server', 500],
    ['upstream-401', 'auth', 401],
    ['upstream-context-length', 'context_length', 400],
  ])('of %s is %s with its status', async (model, kind, statusCode) => {
    const { runtime } = await startAgent({ ELIZANET_SMALL_MODEL: model });
    const error = await failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }));
    expect(error).toMatchObject({ kind, statusCode, model });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    // LiteLLM's message would name its deployments and quote the provider.
    expect(error.message).not.toContain('litellm.');
  });

  it('before the first text of a stream is the same as for a plain call', async () => {
    const { runtime } = await startAgent({ ELIZANET_LARGE_MODEL: 'upstream-429' });
    const { chunks, onStreamChunk } = collector();
    const error = await failureOf(runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk }));
    expect(error).toMatchObject({ kind: 'rate_limit', statusCode: 429 });
    expect(chunks).toEqual([]);
  });

  it('has the cooldown of a LiteLLM deployment as retryAfterMs, read from the message text', async () => {
    const ask = async () => {
      const { runtime } = await startAgent({ ELIZANET_SMALL_MODEL: 'upstream-404' });
      return failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }));
    };
    expect(await ask()).toMatchObject({ kind: 'model_not_found', statusCode: 404 });
    expect(await ask()).toMatchObject({ kind: 'rate_limit', statusCode: 429, retryAfterMs: 5_000 });
  });

  it('is a timeout when the provider behind it hangs', async () => {
    const { runtime } = await startAgent({ ELIZANET_SMALL_MODEL: 'upstream-hang', ELIZANET_TIMEOUT: '300' });
    const error = await failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }));
    expect(error).toMatchObject({ kind: 'timeout', timeoutMs: 300 });
  });

  it('after the first text of a stream is answered by the whole text, asked for once more', async () => {
    const { runtime } = await startAgent({ ELIZANET_LARGE_MODEL: 'upstream-error-event' });
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk })).toBe('Forwarded by LiteLLM.');
    expect(chunks.join('')).toBe('Forwarded by ');
  });

  it('after the first text of a stream is an error with ELIZANET_ON_INTERRUPTED=throw, not a short answer', async () => {
    const settings = { ELIZANET_LARGE_MODEL: 'upstream-error-event', ELIZANET_ON_INTERRUPTED: 'throw' };
    const { runtime } = await startAgent(settings);
    const { onStreamChunk } = collector();
    const error = await failureOf(runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk }));
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', statusCode: 503, partialText: 'Forwarded by ' });
  });
});

describe('an agent whose OpenAI fails', () => {
  let primary: StandIn;

  beforeAll(async () => {
    primary = await startStandIn();
  });

  beforeEach(() => {
    primary.fault = { kind: 'status', status: 429 };
  });

  afterAll(() => primary.close());

  const startAgentWithPrimary = async (settings: Record<string, string> = {}) =>
    startAgent({ ...openai.settings(primary.url), ...settings }, [await openai.load()]);

  it('gets its text from LiteLLM, and its log says so', async () => {
    const { runtime, logs } = await startAgentWithPrimary();
    const asked = primary.calls.length;
    expect(await runtime.useModel(ModelType.TEXT_SMALL, { prompt })).toBe(MOCK_TEXT);
    expect(primary.calls.length).toBeGreaterThan(asked);
    expect(logs.map((call) => call.provider)).toEqual([PROVIDER_NAME]);
    expect(getLastAttempts(runtime)).toMatchObject([
      { provider: 'openai', outcome: 'failed', failure: { kind: 'rate_limit', statusCode: 429 } },
      { provider: PROVIDER_NAME, outcome: 'answered' },
    ]);
  });

  it('gets its streamed text from LiteLLM alone', async () => {
    const { runtime } = await startAgentWithPrimary();
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk })).toBe(MOCK_TEXT);
    expect(chunks.join('')).toBe(MOCK_TEXT);
  });

  it('gets its embedding from LiteLLM', async () => {
    const { runtime } = await startAgentWithPrimary();
    expect(await runtime.useModel(ModelType.TEXT_EMBEDDING, { text: 'Hello' })).toEqual(MOCK_VECTOR);
  });

  it("gets LiteLLM's complete answer, and no further chunks, when OpenAI's stream is cut", async () => {
    const { runtime } = await startAgentWithPrimary();
    primary.fault = { kind: 'cut' };
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk })).toBe(MOCK_TEXT);
    expect(chunks.join('')).toBe('The quick ');
  });

  it("gets a complete answer when LiteLLM's stream is cut and the call can be repeated", async () => {
    const { runtime } = await startAgentWithPrimary({ ELIZANET_LARGE_MODEL: 'upstream-error-event' });
    const { chunks, onStreamChunk } = collector();
    const text = await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk });
    expect(text).toBe('Forwarded by LiteLLM.');
    expect(chunks.join('')).toBe('Forwarded by ');
  });

  it("gets an error when LiteLLM's stream is cut and ELIZANET_ON_INTERRUPTED=throw", async () => {
    const settings = { ELIZANET_LARGE_MODEL: 'upstream-error-event', ELIZANET_ON_INTERRUPTED: 'throw' };
    const { runtime } = await startAgentWithPrimary(settings);
    const { chunks, onStreamChunk } = collector();
    const error = await failureOf(runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk }));
    expect(error).toMatchObject({ kind: 'interrupted', partialText: 'Forwarded by ' });
    expect(chunks.join('')).toBe('Forwarded by ');
  });

  it('gets both failures in one error when LiteLLM fails too', async () => {
    const { runtime } = await startAgentWithPrimary({ ELIZANET_SMALL_MODEL: 'upstream-503' });
    const error = await failureOf(runtime.useModel(ModelType.TEXT_SMALL, { prompt }));
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect(error).toMatchObject({
      kind: 'rate_limit',
      statusCode: 429,
      attempts: [
        { provider: 'openai', failure: { statusCode: 429 } },
        { provider: PROVIDER_NAME, failure: { statusCode: 503 } },
      ],
    });
  });
});
