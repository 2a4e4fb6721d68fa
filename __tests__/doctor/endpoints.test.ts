import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../lab/certificate.js';
import { embeddingData, vectorOf } from '../../lab/embedding-replies.js';
import { type RawServer, startRawServer } from '../../lab/raw-server.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import type { RecordedRequest } from '../../lab/stand-in/server.js';
import { adviceOnSlowness } from '../../src/doctor/check-models.js';
import { examine, KEY, resultOf, setUp, standIn, startElizaNet } from './examine.js';

setUp();

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const refusal = (status: number, message: string): Fault => ({
  kind: 'status',
  status,
  body: JSON.stringify({ error: { message, code: String(status) } }),
});

async function examineWith(fault: (request: RecordedRequest) => Fault, env: Record<string, string> = {}) {
  const { url } = await startElizaNet();
  standIn().fault = fault;
  return examine({ ELIZANET_BASE_URL: url, ...env });
}

describe('an endpoint that can do less than LiteLLM', () => {
  it.each([
    [404, 'Not Found'],
    [405, 'Method Not Allowed'],
    [501, 'Not Implemented'],
    [403, 'Missing scopes: api.model.read'],
  ])('but answers: its list of models, refused with %i, gives a warning', async (status, message) => {
    const examined = await examineWith(({ path }) =>
      path.endsWith('/models') ? refusal(status, message) : { kind: 'none' },
    );
    expect(resultOf(examined, 'reachable')?.status).toBe('ok');
    expect(resultOf(examined, 'key')).toMatchObject({ status: 'ok', detail: 'accepted' });
    expect(resultOf(examined, 'models')).toMatchObject({
      status: 'warn',
      detail: `not listed: GET /v1/models answered ${status}`,
    });
    expect(resultOf(examined, 'small-model')?.status).toBe('ok');
    expect(examined.ok).toBe(true);
    expect(standIn().calls).toHaveLength(3);
  });

  it.each([
    [404, 'Not Found'],
    [501, 'This server does not support embeddings. Start it with `--embeddings`'],
    [400, 'Embeddings are not supported by this model'],
  ])('serves texts without embeddings, refused with %i: a warning', async (status, message) => {
    const examined = await examineWith(({ path }) =>
      path.endsWith('/embeddings') ? refusal(status, message) : { kind: 'none' },
    );
    expect(resultOf(examined, 'embedding')).toMatchObject({
      status: 'warn',
      advice: expect.stringMatching(/no embeddings/),
    });
    expect(examined.ok).toBe(true);
  });

  it('and answers nothing at all: a failure, also of the embeddings', async () => {
    const examined = await examineWith(({ path }) => {
      if (path.endsWith('/models')) return { kind: 'none' };
      return path.endsWith('/embeddings') ? refusal(501, 'Not Implemented') : refusal(500, 'broken');
    });
    expect(resultOf(examined, 'embedding')?.status).toBe('fail');
    expect(examined.ok).toBe(false);
  });

  it.each([
    [0, 'unexpected shape'],
    [2, 'answered one text with another number of vectors'],
  ])('and answers one text with %i vectors: a failure, "%s"', async (count, detail) => {
    const data = Array.from({ length: count }, (_, index) => ({ index, embedding: vectorOf('hello', 1536) }));
    const examined = await examineWith(({ path }) =>
      path.endsWith('/embeddings') ? embeddingData(data) : { kind: 'none' },
    );
    expect(resultOf(examined, 'embedding')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining(detail),
    });
    expect(examined.ok).toBe(false);
  });

  it('and refuses the key for its list and its models: a failure of the key', async () => {
    const examined = await examineWith(() => refusal(403, 'no'));
    expect(resultOf(examined, 'key')).toMatchObject({ status: 'fail', detail: 'refused (403)' });
    expect(resultOf(examined, 'small-model')?.status).toBe('skipped');
  });
});

describe('a missing key', () => {
  it.each([
    [
      'litellm.AuthenticationError: Missing Anthropic API Key - Please set `ANTHROPIC_API_KEY`',
      'set ANTHROPIC_API_KEY',
    ],
    ['litellm.AuthenticationError: AnthropicException - {"error":"invalid x-api-key"}', 'set its api_key'],
  ])('of the provider behind the endpoint is not blamed on ELIZANET_API_KEY: %s', async (message, advice) => {
    const examined = await examineWith(({ path }) =>
      path.endsWith('/models') ? { kind: 'none' } : refusal(401, message),
    );
    expect(resultOf(examined, 'key')?.status).toBe('ok');
    const small = resultOf(examined, 'small-model');
    expect(small?.status).toBe('fail');
    expect(small?.advice).toContain(advice);
    expect(small?.advice).not.toContain('Set ELIZANET_API_KEY');
    expect(examined.ok).toBe(false);
  });

  it('of LiteLLM itself is ELIZANET_API_KEY', async () => {
    const examined = await examineWith(() => refusal(401, `Authentication Error, Invalid proxy server token: ${KEY}`));
    expect(resultOf(examined, 'key')?.advice).toMatch(/^Set ELIZANET_API_KEY/);
  });

  it("is not what LiteLLM's pause after a failure means", async () => {
    const examined = await examineWith(({ path }) =>
      path.endsWith('/models')
        ? { kind: 'none' }
        : refusal(429, 'No deployments available for selected model, Try again in 5 seconds. Passed model=x'),
    );
    expect(resultOf(examined, 'large-model')?.advice).toMatch(/^LiteLLM skips a model for some seconds/);
  });
});

describe('an http address', () => {
  it('whose port speaks TLS: the advice is https', async () => {
    server = await startRawServer(() => {}, createTlsServer(selfSigned('localhost')));
    const examined = await examine({ ELIZANET_BASE_URL: server.url.replace('https:', 'http:') });
    expect(resultOf(examined, 'reachable')).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('use https:// instead of http://'),
    });
    expect(examined.ok).toBe(false);
  });
});

describe('an answer', () => {
  it.each([
    [4_999, undefined],
    [5_000, /30 s/],
    [15_000, /30 s/],
  ])('that takes %i ms of a limit of 30 s: advice %s', (durationMs, advice) => {
    const given = adviceOnSlowness(durationMs, 30_000);
    if (advice) expect(given).toMatch(advice);
    else expect(given).toBeUndefined();
  });
});
