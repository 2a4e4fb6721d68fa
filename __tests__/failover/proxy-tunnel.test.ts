import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ProxyAgent, request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGuarded, type Guarded, primary } from '../../lab/guarded.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';

let upstream: StandIn;
let proxy: Server;
let guarded: Guarded;

beforeEach(async () => {
  upstream = await startStandIn();
  proxy = createServer();
  proxy.on('connect', (_, client) => {
    const socket = connect(Number(new URL(upstream.url).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(client).pipe(socket);
    });
    for (const end of [client, socket]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await guarded.stop();
  await upstream.close();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

it('the first call over a new tunnel of a proxy fails over early', async () => {
  upstream.fault = { kind: 'status', status: 503 };
  const dispatcher = new ProxyAgent({
    uri: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    proxyTunnel: true,
  });
  guarded = await createGuarded({
    plugins: [
      primary({
        TEXT_LARGE: async () => {
          const { statusCode } = await request(`${upstream.url}/v1/chat/completions`, { method: 'POST', dispatcher });
          // Bun's undici is its own fetch, which the wire signal does not see: there the rejection fails over.
          if (process.versions.bun) throw Object.assign(new Error('unavailable'), { statusCode });
          // It would retry now.
          return new Promise(() => {});
        },
      }),
    ],
  });
  expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  expect(upstream.calls).toHaveLength(1);
  if (!process.versions.bun) void dispatcher.destroy();
});
