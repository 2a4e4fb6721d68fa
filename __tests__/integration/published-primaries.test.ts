import { get } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../lab/certificate.js';
import { collector, createGuarded, ELIZANET_ANSWER, type Guarded, primary } from '../../lab/guarded.js';
import { anthropic, groq, ollama, openai, openrouter, type Primary } from '../../lab/primaries.js';
import { startRawServer } from '../../lab/raw-server.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { getLastAttempts } from '../../src/index.js';

const APOLOGY = 'Error generating text. Please try again later.';

// Otherwise these plugins print a warning for each call.
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

let upstream: StandIn;
let guarded: Guarded;

async function start({ load, settings }: Primary, extra: Record<string, string> = {}): Promise<void> {
  upstream = await startStandIn({ text: 'The primary answers.', object: { by: 'primary' } });
  guarded = await createGuarded({ plugins: [await load()], settings: { ...settings(upstream.url), ...extra } });
}

afterEach(async () => {
  await guarded.stop();
  await upstream.close();
});

describe('plugin-openai in an outage', () => {
  it('fails over on the wire signal, before its own first retry', async () => {
    await start(openai);
    upstream.fault = { kind: 'status', status: 429, headers: { 'retry-after': '9' } };
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    // It retries after Retry-After: a failover that waited for it would show a second request.
    expect(upstream.calls).toHaveLength(1);
    expect(getLastAttempts(guarded.runtime)[0]).toMatchObject({
      provider: 'openai',
      outcome: 'failed',
      failure: { kind: 'rate_limit', statusCode: 429, retryAfterMs: 9_000 },
    });
  });

  it('has its circuit opened by the first 429, and is called again after the cooldown', async () => {
    await start(openai, { ELIZANET_COOLDOWN: '1', ELIZANET_COOLDOWN_MAX: '1' });
    upstream.fault = { kind: 'status', status: 429 };
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    upstream.fault = { kind: 'none' };
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('The primary answers.');
  });

  it('with a refused key is answered by ElizaNet, plain and streamed', async () => {
    await start(openai);
    upstream.fault = { kind: 'status', status: 401 };
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    const { onStreamChunk } = collector();
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
  });

  it('without auth in ELIZANET_FALLBACK_ON shows its own 401, but not in a stream that hides it', async () => {
    await start(openai, { ELIZANET_FALLBACK_ON: 'server,no_output' });
    upstream.fault = { kind: 'status', status: 401 };
    const error = await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ statusCode: 401 });
    const { onStreamChunk } = collector();
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
  });

  it.each(['cut', 'error-event', 'no-finish'] as const)(
    'has its stream completed by ElizaNet after %s',
    async (kind) => {
      await start(openai);
      upstream.fault = { kind };
      const { chunks, onStreamChunk } = collector();
      expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
      expect(chunks.join('')).toBe('The primary ');
    },
  );

  it('does not fail over for a failing side request beside a healthy main one', async () => {
    const { load, settings } = openai;
    const plugin = await load();
    const handler = plugin.models?.TEXT_LARGE as (runtime: unknown, params: unknown) => Promise<string>;
    const withTelemetry = {
      ...plugin,
      models: {
        TEXT_LARGE: async (runtime: unknown, params: unknown) => {
          const telemetry = fetch('http://127.0.0.1:9').catch(() => {});
          const answer = handler(runtime, params);
          await telemetry;
          return answer;
        },
      },
    };
    upstream = await startStandIn({ text: 'The primary answers.', delayMs: 30 });
    guarded = await createGuarded({ plugins: [withTelemetry as never], settings: settings(upstream.url) });
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('The primary answers.');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('when ElizaNet is down too', () => {
  it.each([groq, ollama])('an apology of plugin-$name becomes a typed error', async (primary) => {
    await start(primary, { ELIZANET_PRIMARY_TIMEOUT: '1000' });
    upstream.fault = { kind: 'status', status: 400 };
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    const error = await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
    expect(error.message).not.toContain(APOLOGY);
  });
});

describe('an answer with nothing in it', () => {
  it.each<[string, Primary, string]>([
    ['no choices', openrouter, '{"choices":[]}'],
    ['no choices, with an id', openrouter, '{"id":"gen-1","object":"chat.completion","choices":[],"usage":{}}'],
    ['no content', anthropic, '{"id":"m","type":"message","role":"assistant","content":[],"usage":{}}'],
    ['an empty output', openai, '{"id":"r","object":"response","output":[],"usage":{}}'],
  ])('of a published plugin fails over: %s', async (_, published, body) => {
    await start(published);
    upstream.fault = { kind: 'status', status: 200, body, contentType: 'application/json' };
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    expect(getLastAttempts(guarded.runtime)[0]).toMatchObject({ provider: published.name, outcome: 'failed' });
  });
});

describe('a primary whose certificate is not trusted', () => {
  const certificate = selfSigned('localhost');
  const plugins = {
    openai: async () => openai.load(),
    openrouter: async () => openrouter.load(),
    'node:https': async () =>
      primary({
        TEXT_SMALL: () => new Promise((resolve, reject) => get(url, resolve).on('error', reject)),
      }),
  };
  let url = '';

  it.each(Object.entries(plugins))('fails over: %s', async (_, load) => {
    const server = await startRawServer(() => {}, createTlsServer(certificate));
    url = server.url.replace('127.0.0.1', 'localhost');
    upstream = await startStandIn();
    const settings = { ...openai.settings(url), ...openrouter.settings(url) };
    guarded = await createGuarded({ plugins: [await load()], settings });
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    expect(getLastAttempts(guarded.runtime)[0]).toMatchObject({ failure: { kind: 'network' } });
    expect(server.requests).toHaveLength(0);
    await server.close();
  });
});
