import { afterEach, describe, expect, it } from 'vitest';
import { ask, createEndpoint, failureOf } from '../../lab/client.js';
import { type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import { judgeRedirect } from '../../src/http/redirect.js';

const from = new URL('http://elizanet.example/v1/chat/completions');

describe('a redirect', () => {
  it.each([
    ['https://elizanet.example/v1/chat/completions', from],
    ['https://ElizaNet.EXAMPLE/v1/chat/completions', from],
    ['//elizanet.example/x', new URL('http://elizanet.example/')],
    ['https://elizanet.example:8443/v1', new URL('http://elizanet.example:8443/v1')],
  ])('to %s is followed when it is the same host over https', (location, origin) => {
    const isUpgrade = location.startsWith('https:');
    expect('follow' in judgeRedirect(origin, location)).toBe(isUpgrade);
  });

  it.each([
    ['another host', 'https://evil.example/v1/chat/completions', 'https://evil.example'],
    [
      'a host that only looks the same',
      'https://elizanet.example.evil.example/',
      'https://elizanet.example.evil.example',
    ],
    ['a host in place of a user', 'https://elizanet.example@evil.example/', 'https://evil.example'],
    ['another port', 'https://elizanet.example:8443/', 'https://elizanet.example:8443'],
    ['the same address: a loop', 'http://elizanet.example/v1/chat/completions', 'http://elizanet.example'],
    ['another path over http', '/elsewhere', 'http://elizanet.example'],
    ['another protocol', 'ftp://elizanet.example/', 'ftp://elizanet.example'],
    ['a script', 'javascript:alert(1)', 'a javascript: address'],
    ['nowhere', 'http://', 'an address that cannot be read'],
    ['nothing', null, 'an address that cannot be read'],
  ])('to %s is refused', (_, location, shown) => {
    expect(judgeRedirect(from, location)).toEqual({ refuse: shown });
  });

  it('from https to anywhere is refused, to http above all', () => {
    const secure = new URL('https://elizanet.example/v1');
    expect('refuse' in judgeRedirect(secure, 'http://elizanet.example/v1')).toBe(true);
    expect('refuse' in judgeRedirect(secure, 'https://elizanet.example/v2')).toBe(true);
  });

  it('is shown no longer than a name is', () => {
    const verdict = judgeRedirect(from, `https://${'a'.repeat(60)}.${'b'.repeat(60)}.example/`);
    expect('refuse' in verdict && verdict.refuse.length).toBe(100);
  });
});

describe('the key', () => {
  let server: RawServer;
  let other: RawServer;

  afterEach(async () => {
    await server.close();
    await other.close();
  });

  it.each([301, 302, 303, 307, 308])(
    'is not sent to where a status of %i points, nor is anything else',
    async (status) => {
      other = await startRawServer((socket) => socket.write(response(200, '{}')));
      server = await startRawServer((socket) =>
        socket.write(response(status, '', { location: `${other.url}/v1/chat/completions` })),
      );
      const endpoint = createEndpoint(server.url, { apiKey: 'sk-mine' });
      const error = await failureOf(ask(endpoint));
      expect(error).toMatchObject({ code: 'REDIRECT_REFUSED', kind: 'request', statusCode: status, attempt: 1 });
      expect(error.message).toContain(`redirects to ${other.url}`);
      expect(error.message).toContain('set ELIZANET_BASE_URL to it');
      expect(other.sockets.opened).toBe(0);
      expect(server.requests).toHaveLength(1);
      await endpoint.close();
    },
  );
});
