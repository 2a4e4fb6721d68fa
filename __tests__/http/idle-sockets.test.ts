import { afterEach, expect, it } from 'vitest';
import { answerOf, ask, createEndpoint } from '../../lab/client.js';
import { type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import type { Endpoint } from '../../src/http/endpoint.js';

let server: RawServer;
let endpoint: Endpoint;

afterEach(async () => {
  await endpoint.close();
  await server.close();
});

const ROUNDS = 1_000;

/** The hardest moment: the server closes an idle socket while the next request is on its way there. */
it.each([
  ['resets', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ['closes', (socket: { destroy(): void }) => socket.destroy()],
])(
  'loses no call of 1,000 to a server that %s an idle socket as it is used again',
  async (_, end) => {
    server = await startRawServer((socket, { numberOnSocket }) => {
      if (numberOnSocket === 1) socket.write(response(200, answerOf('well')));
      else end(socket);
    });
    endpoint = createEndpoint(server.url);
    for (let i = 0; i < ROUNDS; i++) expect(await ask(endpoint)).toBe('well');
    // Each call but the first met a dead socket, and was sent again on a fresh one; on Bun, which does not keep that one
    // for the next call, every other.
    expect(server.requests.length).toBe(process.versions.bun ? 1.5 * ROUNDS : 2 * ROUNDS - 1);
  },
  60_000,
);

it('loses no call to a server that closes every idle socket at once', async () => {
  server = await startRawServer((socket) => socket.write(response(200, answerOf('well'))));
  endpoint = createEndpoint(server.url, { maxConcurrency: 8 });
  const burst = () => Promise.all(Array.from({ length: 8 }, () => ask(endpoint)));
  for (let round = 0; round < 25; round++) {
    expect(await burst()).toEqual(Array(8).fill('well'));
    server.closeSockets();
  }
});

it('retries on a dead socket without the retry budget: a closed idle socket is no failure', async () => {
  server = await startRawServer((socket, { numberOnSocket }) => {
    if (numberOnSocket === 1) socket.write(response(200, answerOf('well')));
    else socket.destroy();
  });
  endpoint = createEndpoint(server.url);
  while (endpoint.retries.withdraw());
  await ask(endpoint);
  expect(await ask(endpoint)).toBe('well');
});

it('uses the socket of an answer for the next request', async () => {
  server = await startRawServer((socket) => socket.write(response(200, answerOf('well'))));
  endpoint = createEndpoint(server.url);
  for (let i = 0; i < 20; i++) await ask(endpoint);
  expect(server.sockets.opened).toBe(1);
});
