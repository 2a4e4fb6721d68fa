import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../lab/stand-in/fault.js';
import { closedPort, type StandIn, type StandInOptions, startStandIn } from '../../lab/stand-in/server.js';
import type { CheckResult } from '../../src/doctor/checks.js';
import { diagnose } from '../../src/doctor/doctor.js';

const KEY = 'sk-doctor-must-never-show-this';

let cwd: string;
let elizaNet: StandIn | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'elizanet-doctor-'));
});
afterEach(async () => {
  rmSync(cwd, { recursive: true, force: true });
  await elizaNet?.close();
  elizaNet = undefined;
});

async function examine(env: Record<string, string>): Promise<{ ok: boolean; results: CheckResult[] }> {
  const results: CheckResult[] = [];
  const findings = diagnose({ cwd, env: { ELIZANET_API_KEY: KEY, ...env } });
  for (;;) {
    const { done, value } = await findings.next();
    if (!done) {
      results.push(value);
      continue;
    }
    expect(JSON.stringify(results)).not.toContain(KEY);
    return { ok: value, results };
  }
}

/** Examines a stand-in that misbehaves. */
async function examineStandIn(fault: Fault, env: Record<string, string> = {}, options?: StandInOptions) {
  elizaNet = await startStandIn(options);
  elizaNet.fault = fault;
  return examine({ ELIZANET_BASE_URL: elizaNet.url, ...env });
}

function statusOf(results: CheckResult[]): Record<string, string> {
  return Object.fromEntries(results.map(({ name, status }) => [name, status]));
}

describe('an ElizaNet that is well', () => {
  it('passes every check, at the price of two answers and an embedding', async () => {
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
    expect(elizaNet?.calls.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/embeddings',
    ]);
    expect(elizaNet?.requests.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
  });

  it('is only warned about for models that it does not list: what it serves is seen by asking', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' });
    const models = results.find(({ name }) => name === 'models');
    expect(models?.status).toBe('warn');
    expect(models?.detail).toContain('gpt-4o-mini (ELIZANET_SMALL_MODEL)');
    expect(models?.advice).toContain('it lists gpt-4o');
    expect(ok).toBe(true);
  });

  it('may have vectors that are longer, if it can shorten them', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, {}, { dimensions: 3072 });
    expect(results.at(-1)).toMatchObject({ name: 'embedding', status: 'ok' });
    expect(results.at(-1)?.detail).toContain('3072 dimensions, and 1536 when asked to');
    expect(ok).toBe(true);
  });
});

describe('an ElizaNet that is not well', () => {
  const status = (code: number, message: string): Fault => ({
    kind: 'status',
    status: code,
    body: JSON.stringify({ error: { message: `${message} ${KEY}` } }),
  });

  it.each<[string, Fault, string, RegExp, RegExp]>([
    ['refuses the key', status(401, 'no'), 'key', /refused \(401\)/, /Set ELIZANET_API_KEY/],
    ['is no OpenAI-compatible API', status(404, 'Not Found'), 'reachable', /404/, /address without anything after/],
    ['drops connections', { kind: 'drop' }, 'reachable', /connection to ElizaNet broke/, /It hangs up/],
    ['hangs', { kind: 'hang' }, 'reachable', /within 150 ms/, /raise ELIZANET_TIMEOUT/],
    ['fails itself', status(500, 'Internal'), 'reachable', /500.*"Internal \*\*\*".*\[request /, /look into its log/],
    ['answers with a web page', { kind: 'garbage' }, 'small model', /not JSON/, /no OpenAI-compatible API/],
  ])('that %s is told from others', async (_, fault, name, detail, advice) => {
    const { ok, results } = await examineStandIn(fault, { ELIZANET_TIMEOUT: '150' });
    const failed = results.find((result) => result.status === 'fail');
    expect(failed?.name).toBe(name);
    expect(failed?.detail).toMatch(detail);
    expect(failed?.advice).toMatch(advice);
    expect(ok).toBe(false);
  });

  it.each<[string, Fault, RegExp]>([
    ['does not know the model', status(400, 'Invalid model name passed in model=x'), /to a model that it has/],
    ['is out of credit', status(429, 'You exceeded your current quota'), /out of credit/],
    ['limits the rate', status(429, 'Slow down'), /limits the rate/],
    ['refuses the key for this model', status(403, 'no'), /also for this model/],
  ])('that %s answers GET /v1/models all the same', async (_, fault, advice) => {
    elizaNet = await startStandIn();
    elizaNet.fault = ({ path }) => (path.endsWith('/models') ? { kind: 'none' } : fault);
    const { ok, results } = await examine({ ELIZANET_BASE_URL: elizaNet.url });
    const failed = results.filter((result) => result.status === 'fail');
    expect(failed.map(({ name }) => name)).toEqual(['small model', 'large model, streamed', 'embedding']);
    for (const { advice: given } of failed) expect(given).toMatch(advice);
    expect(ok).toBe(false);
  });

  it('that cuts streams fails that check alone', async () => {
    const { results } = await examineStandIn({ kind: 'cut', afterChunks: 1 });
    expect(results.filter((result) => result.status === 'fail').map(({ name }) => name)).toEqual([
      'large model, streamed',
    ]);
  });

  it('whose vectors have another width is no place for this agent’s memories', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, {}, { dimensions: 768 });
    expect(results.at(-1)).toMatchObject({ name: 'embedding', status: 'fail' });
    expect(results.at(-1)?.advice).toContain('set ELIZANET_EMBEDDING_DIMENSIONS=768');
    expect(ok).toBe(false);
  });

  it('that is slow for a short answer is warned about', async () => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, { ELIZANET_TIMEOUT: '300' }, { delayMs: 170 });
    const slow = results.find(({ name }) => name === 'small model');
    expect(slow).toMatchObject({ status: 'warn' });
    expect(slow?.advice).toContain('more than half of ELIZANET_TIMEOUT');
    expect(ok).toBe(true);
  });
});

describe('an address at which there is no ElizaNet', () => {
  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['where nothing listens', closedPort, /Nothing listens there/],
    ['whose name nobody knows', () => 'http://nowhere.invalid', /The name of the host is not known/],
    ['that does not speak TLS', async () => (await tlsByMistake()).replace('http:', 'https:'), /does not speak TLS/],
  ])('%s: says so, and asks nothing else', async (_, url, advice) => {
    const { ok, results } = await examine({ ELIZANET_BASE_URL: await url() });
    const reachable = results.find(({ name }) => name === 'reachable');
    expect(reachable?.status).toBe('fail');
    expect(reachable?.advice).toMatch(advice);
    expect(results.slice(-5).map(({ status }) => status)).toEqual(Array(5).fill('skipped'));
    expect(ok).toBe(false);
  });

  async function tlsByMistake(): Promise<string> {
    elizaNet = await startStandIn();
    return elizaNet.url;
  }
});

describe('the settings', () => {
  const settingsIn = (results: CheckResult[]) => results.filter(({ name }) => name === 'settings');

  it('are read from .env and from the environment, which goes first', async () => {
    elizaNet = await startStandIn();
    writeFileSync(join(cwd, '.env'), `ELIZANET_BASE_URL=${elizaNet.url}\nELIZANET_LARGE_MODEL=from-the-file\n`);
    const { results } = await examine({ ELIZANET_LARGE_MODEL: 'from-the-environment' });
    expect(settingsIn(results)[0]?.detail).toBe(
      'ELIZANET_API_KEY, ELIZANET_LARGE_MODEL from the environment; ELIZANET_BASE_URL from .env; the rest at their defaults',
    );
    expect(elizaNet.calls.map(({ body }) => body.model)).toContain('from-the-environment');
  });

  it('that cannot be used are all named, and nothing is asked', async () => {
    const { ok, results } = await examine({ ELIZANET_TIMEOUT: 'soon', ELIZANET_BASE_URL: 'elizanet' });
    expect(results.map(({ name, status, detail }) => [name, status, detail.split(' ')[0]])).toEqual([
      ['settings', 'fail', 'ELIZANET_BASE_URL'],
      ['settings', 'fail', 'ELIZANET_TIMEOUT'],
    ]);
    expect(ok).toBe(false);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a name that is none', { ELIZANET_BASEURL: 'x' }, /no setting ELIZANET_BASEURL/],
    ['a plugin that is switched off', { ELIZANET_FALLBACK_ENABLED: 'off' }, /nothing fails over/],
    ['an old name', { elizaNetKey: 'old', ELIZANET_API_KEY: '' }, /elizaNetKey is deprecated/],
  ])('%s is warned about', async (_, env, detail) => {
    const { ok, results } = await examineStandIn({ kind: 'none' }, env);
    expect(settingsIn(results).at(-1)).toMatchObject({ status: 'warn', detail: expect.stringMatching(detail) });
    expect(ok).toBe(true);
  });
});
