import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckId } from '../../src/doctor/check-result.js';
import { cwd, examine, examineStandIn, KEY, resultOf, setUp, standIn, startElizaNet } from './examine.js';

setUp();

const asked = () => standIn().calls.map(({ body }) => body.model);

describe('the settings', () => {
  it('are read from .env, which overrides the environment as it does in elizaos start', async () => {
    const { url } = await startElizaNet();
    writeFileSync(join(cwd, '.env'), `ELIZANET_BASE_URL=${url}\nELIZANET_LARGE_MODEL=from-the-file\n`);
    const examined = await examine({ ELIZANET_LARGE_MODEL: 'from-the-environment' });
    expect(resultOf(examined, 'settings')?.detail).toBe(
      'ELIZANET_BASE_URL, ELIZANET_LARGE_MODEL from .env; ELIZANET_API_KEY from the environment; the rest at their defaults',
    );
    expect(resultOf(examined, 'setting-overridden')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^ELIZANET_LARGE_MODEL of the environment is not used: \.env /),
    });
    expect(asked()).toContain('from-the-file');
  });

  it('are read from the .env of a parent folder too; the nearest file wins', async () => {
    const { url } = await startElizaNet();
    writeFileSync(join(dirname(cwd), '.env'), `ELIZANET_BASE_URL=${url}\nELIZANET_LARGE_MODEL=outer`);
    writeFileSync(join(cwd, '.env'), 'ELIZANET_LARGE_MODEL=inner');
    const examined = await examine({});
    expect(resultOf(examined, 'settings')?.detail).toContain(`ELIZANET_BASE_URL from ${join('..', '.env')}`);
    expect(asked()).toContain('inner');
    expect(examined.ok).toBe(true);
  });

  it("are read from Bun's .env.local too, which the environment and .env override", async () => {
    const { url } = await startElizaNet();
    const local = ['ELIZANET_LARGE_MODEL=local', 'ELIZANET_SMALL_MODEL=local', `ELIZANET_BASE_URL=${url}`];
    writeFileSync(join(cwd, '.env.local'), local.join('\n'));
    writeFileSync(join(cwd, '.env'), 'ELIZANET_LARGE_MODEL=from-the-file');
    const examined = await examine({ ELIZANET_SMALL_MODEL: 'from-the-environment' });
    expect(resultOf(examined, 'settings')?.detail).toBe(
      'ELIZANET_BASE_URL from .env.local; ELIZANET_API_KEY, ELIZANET_SMALL_MODEL from the environment; ELIZANET_LARGE_MODEL from .env; the rest at their defaults',
    );
    expect(asked()).toEqual(['from-the-environment', 'from-the-file', 'text-embedding-3-small']);
    expect(examined.ok).toBe(true);
  });

  it('that a blank line of .env unsets have their defaults', async () => {
    const { url } = await startElizaNet();
    writeFileSync(join(cwd, '.env'), 'ELIZANET_API_KEY=');
    const examined = await examine({ ELIZANET_BASE_URL: url });
    expect(resultOf(examined, 'key')?.detail).toBe('not set, and not required');
    expect(resultOf(examined, 'setting-overridden')?.detail).toContain('ELIZANET_API_KEY');
  });

  it('of the command line override all others', async () => {
    const { url } = await startElizaNet();
    writeFileSync(join(cwd, '.env'), 'ELIZANET_BASE_URL=http://nowhere.invalid');
    const examined = await examine({}, { url: `${url}/v1`, key: 'sk-other' });
    expect(resultOf(examined, 'settings')?.detail).toMatch(
      /^ELIZANET_BASE_URL, ELIZANET_API_KEY from the command line;/,
    );
    expect(standIn().calls[0]?.headers.authorization).toBe('Bearer sk-other');
    expect(examined).toMatchObject({ ok: true, address: url });
  });

  it('that are invalid are all reported, and no request is made', async () => {
    const { ok, address, results } = await examine({ ELIZANET_TIMEOUT: 'soon', ELIZANET_BASE_URL: 'elizanet' });
    expect(results.map(({ id, status, detail }) => [id, status, detail.split(' ')[0]])).toEqual([
      ['setting-invalid', 'fail', 'ELIZANET_BASE_URL'],
      ['setting-invalid', 'fail', 'ELIZANET_TIMEOUT'],
    ]);
    expect([ok, address]).toEqual([false, undefined]);
  });

  it.each<[string, Record<string, string>, CheckId, RegExp]>([
    ['an unknown name', { ELIZANET_BASEURL: 'x' }, 'setting-unknown', /no setting ELIZANET_BASEURL$/],
    ['a deprecated name', { elizaNetKey: 'old', ELIZANET_API_KEY: '' }, 'setting-warning', /elizaNetKey is deprecated/],
  ])('%s gives a warning', async (_, env, id, detail) => {
    const examined = await examineStandIn({ kind: 'none' }, env);
    expect(resultOf(examined, id)).toMatchObject({ status: 'warn', detail: expect.stringMatching(detail) });
    expect(examined.ok).toBe(true);
  });

  it('do not miss ELIZANET_SUITE_LIVE, which the suites read', async () => {
    const examined = await examineStandIn({ kind: 'none' }, { ELIZANET_SUITE_LIVE: 'true' });
    expect(resultOf(examined, 'setting-unknown')).toBeUndefined();
  });

  it('that switch the fallback off fail: no outage would be answered', async () => {
    const examined = await examineStandIn({ kind: 'none' }, { ELIZANET_FALLBACK_ENABLED: 'off' });
    expect(resultOf(examined, 'fallback-disabled')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('no call fails over'),
    });
    expect(examined.ok).toBe(false);
  });
});

describe("a model's name", () => {
  it('is printed without the control characters that a server puts into it', async () => {
    const body = JSON.stringify({ data: [{ id: 'gpt\u001b[31m\u009b1m\u202e4o\n' }] });
    const fault = { kind: 'status', status: 200, body } as const;
    const { url } = await startElizaNet();
    standIn().fault = ({ path }) => (path.endsWith('/models') ? fault : { kind: 'none' });
    const examined = await examine({ ELIZANET_BASE_URL: url });
    expect(resultOf(examined, 'models')?.advice).toContain('it lists gpt\\u{1b}[31m\\u{9b}1m\\u{202e}4o\\u{a}');
  });

  it('is named once, with each setting that has it', async () => {
    const env = { ELIZANET_SMALL_MODEL: 'one', ELIZANET_LARGE_MODEL: 'one', ELIZANET_EMBEDDING_MODEL: 'gpt-4o' };
    const examined = await examineStandIn({ kind: 'none' }, { ...env, ELIZANET_IMAGE_MODEL: 'two' });
    expect(resultOf(examined, 'models')?.detail).toBe(
      'not listed: one (ELIZANET_SMALL_MODEL, ELIZANET_LARGE_MODEL), two (ELIZANET_IMAGE_MODEL)',
    );
  });

  it('that the endpoint does not know is advised on with the name of its setting', async () => {
    const { url } = await startElizaNet();
    const body = JSON.stringify({ error: { message: `Invalid model name passed in model=x ${KEY}`, code: '400' } });
    standIn().fault = ({ path }) =>
      path.endsWith('/models') ? { kind: 'none' } : { kind: 'status', status: 400, body };
    const examined = await examine({ ELIZANET_BASE_URL: url });
    expect(resultOf(examined, 'small-model')?.detail).toMatch(
      /^gpt-4o-mini \(ELIZANET_SMALL_MODEL\): ElizaNet answered 400 \(model_not_found\): /,
    );
    expect(resultOf(examined, 'small-model')?.advice).toMatch(/^Set ELIZANET_SMALL_MODEL to a model/);
    expect(resultOf(examined, 'large-model')?.advice).toMatch(/^Set ELIZANET_LARGE_MODEL to a model/);
    expect(resultOf(examined, 'embedding')?.advice).toMatch(/^Set ELIZANET_EMBEDDING_MODEL to a model/);
  });
});
