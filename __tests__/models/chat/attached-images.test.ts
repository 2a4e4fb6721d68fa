import { afterEach, describe, expect, it } from 'vitest';
import { fileServers } from '../../../lab/file-server.js';
import { createGuarded, type Guarded, type GuardedOptions } from '../../../lab/guarded.js';
import { logLines } from '../../../lab/log-lines.js';
import { PNG, PNG_URL, page } from '../../../lab/media.js';

let guarded: Guarded;
const files = fileServers();

afterEach(async () => {
  await guarded.stop();
  await files.close();
});

async function start(options: GuardedOptions = {}) {
  guarded = await createGuarded({ plugins: [], ...options });
  const { url, port, requests } = await files.serve({ '/a.png': page(PNG) });
  return { runtime: guarded.runtime, url, port, requests };
}

const paramsWith = (...data: unknown[]) => ({
  prompt: 'hi',
  attachments: data.map((item) => ({ mediaType: 'image/png', data: item })),
});
const ask = (data: unknown, type: 'TEXT_LARGE' | 'OBJECT_LARGE' = 'TEXT_LARGE') =>
  guarded.runtime.useModel(type, paramsWith(data) as never);

/** What ElizaNet was asked, as text. */
const asked = () => JSON.stringify(guarded.elizaNet.calls.map(({ body }) => body));

describe('the address of an attached image', () => {
  it.each<[string, () => Promise<string[]>]>([
    ['http://127.0.0.1/a.png', async () => []],
    ['http://2130706433/a.png', async () => []],
    ['http://[::ffff:10.0.0.1]/a.png', async () => []],
    ['http://169.254.169.254/latest/meta-data', async () => []],
    ['http://localhost/a.png', async () => ['127.0.0.1']],
    ['http://router.lan/a.png', async () => ['192.168.0.1']],
    ['http://alice:secret@images.example.com/a.png', async () => ['93.184.216.34']],
    ['https://images.example.com/a.png', async () => ['10.0.0.7']],
    ['https://images.example.com/a.png', async () => ['93.184.216.34', '127.0.0.1']],
    ['https://images.example.com/a.png', async () => []],
    ['https://images.example.com/a.png', () => Promise.reject(new Error('no resolver'))],
  ])('is not given to the upstream unless it is public: %s', async (address, lookup) => {
    const { runtime } = await start({ options: { lookup } });
    const lines = logLines(runtime);
    await ask(address);
    expect(guarded.elizaNet.calls).toHaveLength(1);
    expect(asked()).not.toContain('image_url');
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { count: 1 } }]);
  });

  it.each(['TEXT_LARGE', 'OBJECT_LARGE'] as const)(
    'is fetched here and travels inline when the settings allow private ones: %s',
    async (type) => {
      const { url } = await start({ settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true' } });
      await ask(new URL(`${url}/a.png`), type);
      expect(asked()).toContain(PNG_URL);
      expect(asked()).not.toContain(url);
    },
  );

  it('is resolved by the lookup that was passed in, once', async () => {
    const names: string[] = [];
    const lookup = async (name: string) => {
      names.push(name);
      return ['93.184.216.34'];
    };
    await start({ options: { lookup } });
    await ask('https://images.example.com/a.png');
    expect(asked()).toContain('https://images.example.com/a.png');
    expect(names).toEqual(['images.example.com']);
  });

  it('ends the wait for its resolver when the user aborts', async () => {
    const { runtime } = await start({ options: { lookup: () => new Promise(() => {}) } });
    const controller = new AbortController();
    const params = { ...paramsWith('https://images.example.com/a.png'), signal: controller.signal };
    const asking = runtime.useModel('TEXT_LARGE', params as never);
    controller.abort(new Error('not wanted'));
    await expect(asking).rejects.toThrow('not wanted');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('an image attached to a call that ElizaNet is not asked for', () => {
  const CALLS = [
    ['a text', 'TEXT_LARGE', {}],
    ['a streamed text', 'TEXT_LARGE', { stream: true }],
    ['an object', 'OBJECT_LARGE', {}],
  ] as const;

  /** Makes a call with an address to be resolved and one to be fetched. @returns its error, the names and the requests. */
  async function outcomeOf(type: 'TEXT_LARGE' | 'OBJECT_LARGE', more: object, settings: object, failFirst: boolean) {
    const names: string[] = [];
    const lookup = async (name: string) => {
      names.push(name);
      return ['93.184.216.34'];
    };
    const { runtime, url, requests } = await start({
      settings: { ELIZANET_ALLOW_PRIVATE_URLS: 'true', ELIZANET_FAILURE_THRESHOLD: '1', ...settings },
      options: { lookup },
    });
    // Pinned: otherwise the guard turns the call away before the handler is called.
    const call = (params: object) => runtime.useModel(type, params as never, 'elizanet-fallback');
    if (failFirst) {
      guarded.elizaNet.fault = { kind: 'status', status: 401 };
      await expect(call({ prompt: 'hi' })).rejects.toMatchObject({ statusCode: 401 });
    }
    const calls = guarded.elizaNet.calls.length;
    const params = { ...paramsWith('https://images.example.com/a.png', `${url}/a.png`), ...more };
    const error = await call(params).catch((thrown) => thrown);
    expect(guarded.elizaNet.calls).toHaveLength(calls);
    return { error, names, requests };
  }

  it.each(CALLS)('is neither resolved nor fetched with the plugin switched off: %s', async (_, type, more) => {
    const { error, names, requests } = await outcomeOf(type, more, { ELIZANET_FALLBACK_ENABLED: 'false' }, false);
    expect(error).toMatchObject({ code: 'FALLBACK_DISABLED' });
    expect([names, requests]).toEqual([[], []]);
  });

  it.each(CALLS)('is neither resolved nor fetched while the circuit is open: %s', async (_, type, more) => {
    const { error, names, requests } = await outcomeOf(type, more, {}, true);
    expect(error).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect([names, requests]).toEqual([[], []]);
  });
});
