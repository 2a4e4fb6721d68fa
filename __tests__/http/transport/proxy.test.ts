import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../lab/child.js';
import { answerOf, ask, createEndpoint, failureOf } from '../../../lab/client.js';
import { type RawServer, response, startRawServer } from '../../../lab/raw-server.js';
import { proxyFor } from '../../../src/http/transport/proxy-settings.js';

let proxy: RawServer;
let direct: RawServer;

beforeEach(async () => {
  direct = await startRawServer((socket) => socket.write(response(200, answerOf('direct'))));
  // As squid does: it forwards http, and opens tunnels to the port of TLS only.
  proxy = await startRawServer((socket, { method, path }) => {
    if (method !== 'CONNECT') return socket.write(response(200, answerOf('through the proxy')));
    if (!path.endsWith(':443')) return socket.end(response(403, 'CONNECT is for TLS'));
    socket.write('HTTP/1.1 200 Connected\r\n\r\n');
    return socket.end();
  });
});

afterEach(async () => {
  await proxy.close();
  await direct.close();
});

/** The variables of the host that runs the tests must not play a part. */
const NONE = { http_proxy: '', https_proxy: '', no_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '' };
const answers = async (env: Record<string, string>) => {
  const { output } = await runChild('call-child.ts', { ...NONE, ...env });
  return output.split('\n').filter((line) => /^(?:direct|through|UPSTREAM|[A-Z_]+:)/.test(line));
};

describe("the host's proxy", () => {
  it('is gone through, with every request', async () => {
    const env = { http_proxy: proxy.url, ELIZANET_BASE_URL: 'http://elizanet.invalid' };
    expect(await answers(env)).toEqual(['through the proxy', 'through the proxy']);
    expect(proxy.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill('POST http://elizanet.invalid/v1/chat/completions'),
    );
    expect(proxy.requests[0]?.headers.host).toBe('elizanet.invalid');
    expect(proxy.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    expect(proxy.sockets.opened).toBe(1);
  });

  it('gets the port of an http address, and the credentials of its own', async () => {
    const env = {
      http_proxy: proxy.url.replace('//', '//ann:s%40fe@'),
      ELIZANET_BASE_URL: 'http://elizanet.invalid:4000/proxy',
    };
    expect(await answers(env)).toEqual(['through the proxy', 'through the proxy']);
    const [{ path, headers } = { path: '', headers: {} as Record<string, string> }] = proxy.requests;
    expect(path).toBe('http://elizanet.invalid:4000/proxy/v1/chat/completions');
    expect(headers.host).toBe('elizanet.invalid:4000');
    expect(headers['proxy-authorization']).toBe(`Basic ${Buffer.from('ann:s@fe').toString('base64')}`);
    expect(headers.authorization).toBe('Bearer sk-mine');
  });

  it.each(['http://elizanet.invalid', 'https://elizanet.invalid'])(
    'fails each call to %s at once when its credentials cannot be decoded, and takes no connection along',
    async (baseUrl) => {
      const broken = proxy.url.replace('//', '//ann:50%off@');
      const proxies = { httpProxy: broken, httpsProxy: broken };
      const endpoint = createEndpoint(baseUrl, { proxies, maxConcurrency: 2 });
      for (let i = 0; i < 6; i++) {
        expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'UPSTREAM_CONNECTION', phase: 'connect' });
      }
      await endpoint.close();
    },
  );

  it('is asked for a tunnel to an https address, and never sees the request', async () => {
    const env = { https_proxy: proxy.url, ELIZANET_BASE_URL: 'https://elizanet.invalid' };
    const [first] = await answers(env);
    expect(first).toMatch(/^UPSTREAM_CONNECTION/);
    expect(new Set(proxy.requests.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['CONNECT elizanet.invalid:443']),
    );
  });

  it('is used without a warning of the runtime', async () => {
    const env = { ...NONE, http_proxy: proxy.url, ELIZANET_BASE_URL: 'http://elizanet.invalid' };
    const { output } = await runChild('call-child.ts', env);
    expect(output).not.toMatch(/experimental/i);
  });

  it('is not gone through for a host that NO_PROXY names', async () => {
    const env = { http_proxy: proxy.url, no_proxy: 'elizanet.invalid', ELIZANET_BASE_URL: 'http://elizanet.invalid' };
    const [first] = await answers(env);
    expect(first).toMatch(/^UPSTREAM_CONNECTION/);
    expect(proxy.requests).toHaveLength(0);
  });

  it('is not gone through to this machine: a proxy cannot reach it', async () => {
    const env = { http_proxy: proxy.url, https_proxy: proxy.url, ELIZANET_BASE_URL: direct.url };
    expect(await answers(env)).toEqual(['direct', 'direct']);
    expect(proxy.sockets.opened).toBe(0);
  });

  it('that refuses a tunnel is a failure of the connection', async () => {
    proxy.answer = (socket) => socket.end(response(403, 'no'));
    const [first] = await answers({ https_proxy: proxy.url, ELIZANET_BASE_URL: 'https://elizanet.invalid' });
    expect(first).toMatch(process.versions.bun ? /^UPSTREAM_/ : /^UPSTREAM_CONNECTION/);
  });

  it('that refuses to forward a request answers with its own status', async () => {
    proxy.answer = (socket) => socket.end(response(407, 'no'));
    const [first] = await answers({ http_proxy: proxy.url, ELIZANET_BASE_URL: 'http://elizanet.invalid' });
    expect(first).toMatch(/^UPSTREAM_STATUS: ElizaNet answered 407/);
  });
});

describe('proxyFor', () => {
  const BOTH = { httpProxy: 'http://proxy:3128', httpsProxy: 'http://tls-proxy:3128' };

  it.each([
    ['http://elizanet.example', BOTH, 'http://proxy:3128'],
    ['https://elizanet.example', BOTH, 'http://tls-proxy:3128'],
    [
      'https://elizanet.example',
      { httpProxy: 'http://proxy:3128', httpsProxy: '' },
      process.versions.bun ? undefined : 'http://proxy:3128',
    ],
    ['http://elizanet.example', { httpProxy: '', httpsProxy: 'http://tls-proxy:3128' }, undefined],
  ])('for %s, with %j, is %s', (origin, settings, proxy) => {
    expect(proxyFor(origin, settings)?.origin).toBe(proxy);
  });

  it.each([
    ['elizanet.example', true],
    ['ELIZANET.example', true],
    ['other.example, elizanet.example', true],
    ['other.example elizanet.example', true],
    ['.example', true],
    ['*.example', true],
    ['*', true],
    ['elizanet.example:4000', true],
    ['elizanet.example:80', false],
    ['example', false],
    ['net.example', false],
    [', ,', false],
    ['', false],
  ])('with NO_PROXY=%j exempts elizanet.example:4000: %s', (noProxy, isExempt) => {
    expect(proxyFor('http://elizanet.example:4000', { ...BOTH, noProxy }) === undefined).toBe(isExempt);
  });
});
