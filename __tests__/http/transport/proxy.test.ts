import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../lab/child.js';
import { answerOf } from '../../../lab/client.js';
import { type RawServer, response, startRawServer } from '../../../lab/raw-server.js';

let proxy: RawServer;
let direct: RawServer;

beforeEach(async () => {
  direct = await startRawServer((socket) => socket.write(response(200, answerOf('direct'))));
  // After CONNECT the socket is the tunnel, and what comes through it is answered here as well.
  proxy = await startRawServer((socket, { method }) => {
    socket.write(
      method === 'CONNECT' ? 'HTTP/1.1 200 Connected\r\n\r\n' : response(200, answerOf('through the proxy')),
    );
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
    expect(proxy.requests[0]?.headers.host).toMatch(/^elizanet\.invalid/);
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

  it('that refuses is a failure of the connection', async () => {
    proxy.answer = (socket) => socket.end(response(403, 'no'));
    const [first] = await answers({ http_proxy: proxy.url, ELIZANET_BASE_URL: 'http://elizanet.invalid' });
    expect(first).toMatch(process.versions.bun ? /^UPSTREAM_/ : /^UPSTREAM_CONNECTION/);
  });
});
