import { describe, expect, it } from 'vitest';
import type { Fault } from '../../lab/stand-in/fault.js';
import { closedPort } from '../../lab/stand-in/server.js';
import type { CheckResult } from '../../src/doctor/check-result.js';
import { examine, examineStandIn, KEY, setUp, standIn, startElizaNet } from './examine.js';

setUp();

function statusOf(results: CheckResult[]): Record<string, string> {
  return Object.fromEntries(results.map(({ name, status }) => [name, status]));
}

describe('a healthy ElizaNet', () => {
  it('passes every check, with two chat calls and one embedding call', async () => {
    const { ok, results } = await examineStandIn(
      { kind: 'none' },
      Object.fromEntries(['SMALL', 'EMBEDDING', 'IMAGE'].map((kind) => [`ELIZANET_${kind}_MODEL`, 'gpt-4o'])),
    );
    expect(statusOf(results)).toEqual({
      settings: 'ok',
      reachable: 'ok',
      key: 'ok',
      models: 'ok',
      'small model': 'ok',
      'large model, streamed': 'ok',
      embedding: 'ok',
    });
    expect(ok).toBe(true);
    expect(standIn().calls.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/embeddings',
    ]);
    expect(standIn().requests.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
  });

  it('gets a warning, not a failure, for models that it does not list', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' });
    const models = results.find(({ name }) => name === 'models');
    expect(models?.status).toBe('warn');
    expect(models?.detail).toContain('gpt-4o-mini (ELIZANET_SMALL_MODEL)');
    expect(models?.advice).toContain('it lists gpt-4o');
    expect(ok).toBe(true);
  });

  it('passes with longer vectors if it can shorten them on request', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, {}, { dimensions: 3072 });
    expect(results.at(-1)).toMatchObject({ name: 'embedding', status: 'ok' });
    expect(results.at(-1)?.detail).toContain('3072 dimensions, and 1536 on request');
    expect(ok).toBe(true);
  });
});

describe('a failing ElizaNet', () => {
  const status = (code: number, message: string): Fault => ({
    kind: 'status',
    status: code,
    body: JSON.stringify({ error: { message: `${message} ${KEY}` } }),
  });

  it.each<[string, Fault, string, RegExp, RegExp]>([
    ['refuses the key', status(401, 'no'), 'key', /refused \(401\)/, /Set ELIZANET_API_KEY/],
    ['is not an OpenAI-compatible API', status(404, 'Not Found'), 'reachable', /404/, /address without a path/],
    ['drops connections', { kind: 'drop' }, 'reachable', /connection to ElizaNet broke/, /closed the connection/],
    ['hangs', { kind: 'hang' }, 'reachable', /within 150 ms/, /raise ELIZANET_TIMEOUT/],
    ['answers 500', status(500, 'Internal'), 'reachable', /500.*"Internal \*\*\*".*\[request /, /search its log/],
    ['answers with a web page', { kind: 'garbage' }, 'small model', /not JSON/, /not an OpenAI-compatible API/],
  ])('that %s fails one check, with advice for that failure', async (_, fault, name, detail, advice) => {
    const { ok, results } = await examineStandIn(fault, fault.kind === 'hang' ? { ELIZANET_TIMEOUT: '150' } : {});
    const failed = results.find((result) => result.status === 'fail');
    expect(failed?.name).toBe(name);
    expect(failed?.detail).toMatch(detail);
    expect(failed?.advice).toMatch(advice);
    expect(ok).toBe(false);
  });

  it.each<[string, Fault, RegExp]>([
    [
      'does not know the model',
      status(400, 'Invalid model name passed in model=x'),
      /to a model that the endpoint serves/,
    ],
    ['is out of credit', status(429, 'You exceeded your current quota'), /out of credit/],
    ['is rate limited', status(429, 'Slow down'), /is rate limited/],
    ['refuses the key for this model', status(403, 'no'), /also for this model/],
  ])('that %s, but answers GET /v1/models, fails the model checks', async (_, fault, advice) => {
    const elizaNet = await startElizaNet();
    elizaNet.fault = ({ path }) => (path.endsWith('/models') ? { kind: 'none' } : fault);
    const { ok, results } = await examine({ ELIZANET_BASE_URL: elizaNet.url });
    const failed = results.filter((result) => result.status === 'fail');
    expect(failed.map(({ name }) => name)).toEqual(['small model', 'large model, streamed', 'embedding']);
    for (const { advice: given } of failed) expect(given).toMatch(advice);
    expect(ok).toBe(false);
  });

  it('that cuts streams fails only the stream check', async () => {
    const { results } = await examineStandIn({ kind: 'cut', afterChunks: 1 });
    expect(results.filter((result) => result.status === 'fail').map(({ name }) => name)).toEqual([
      'large model, streamed',
    ]);
  });

  it('whose vectors have another width fails the embedding check', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, {}, { dimensions: 768 });
    expect(results.at(-1)).toMatchObject({ name: 'embedding', status: 'fail' });
    expect(results.at(-1)?.advice).toContain('set ELIZANET_EMBEDDING_DIMENSIONS=768');
    expect(ok).toBe(false);
  });

  it('that is slow for a short answer gets a warning', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, { ELIZANET_TIMEOUT: '300' }, { delayMs: 170 });
    const slow = results.find(({ name }) => name === 'small model');
    expect(slow).toMatchObject({ status: 'warn' });
    expect(slow?.advice).toContain('more than half of ELIZANET_TIMEOUT');
    expect(ok).toBe(true);
  });
});

describe('an address without an ElizaNet', () => {
  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['where nothing listens', closedPort, /Nothing listens on that port/],
    ['whose host name does not resolve', () => 'http://nowhere.invalid', /host name cannot be resolved/],
    ['that does not speak TLS', async () => (await tlsByMistake()).replace('http:', 'https:'), /does not speak TLS/],
  ])('%s: reports it, and skips all other checks', async (_, url, advice) => {
    const { ok, results } = await examine({ ELIZANET_BASE_URL: await url() });
    const reachable = results.find(({ name }) => name === 'reachable');
    expect(reachable?.status).toBe('fail');
    expect(reachable?.advice).toMatch(advice);
    expect(results.slice(-5).map(({ status }) => status)).toEqual(Array(5).fill('skipped'));
    expect(ok).toBe(false);
  });

  async function tlsByMistake(): Promise<string> {
    return (await startElizaNet()).url;
  }
});
