import { describe, expect, it } from 'vitest';
import { answerOf, ask, failureOf, readStream } from '../../lab/client.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, endless, response } from '../../lab/raw-server.js';

closeAfterEach();

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

describe('an endpoint', () => {
  it.each([['plain'], ['streamed']])('that switches protocols fails at once (%s)', async (kind) => {
    await start((socket) => socket.write(SWITCH));
    const error = kind === 'plain' ? await failureOf(ask(endpoint)) : (await readStream(endpoint)).error;
    expect(['network', 'server', 'request']).toContain(error?.kind);
    expect(error?.kind).not.toBe('timeout');
    await server.until(() => server.sockets.open === 0);
  });

  it.each<[string, Answer]>([
    ['sends 100s without end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['sends 102s without end', endless('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['sends its body one byte at a time', endless('HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n', ' ')],
  ])('that %s has the time limit, and no more', async (_, answer) => {
    await start(answer);
    // undici takes a 100 that was not asked for as the end of the connection.
    expect(['network', 'timeout']).toContain((await failureOf(ask(endpoint, { timeoutMs: 100 }))).kind);
    await server.until(() => server.sockets.open === 0);
  });

  it('that sends headers without end fails', async () => {
    await start(endless('HTTP/1.1 200 OK\r\nx: ', 'x'.repeat(1_000)));
    expect(['network', 'timeout']).toContain((await failureOf(ask(endpoint, { timeoutMs: 300 }))).kind);
    await server.until(() => server.sockets.open === 0);
  });

  it('that sends rubbish after an answer is asked on another connection', async () => {
    await start((socket, { number }) =>
      socket.write(
        Buffer.concat([response(200, answerOf(`${number}`)), Buffer.from(number === 1 ? 'rubbish\r\n\r\n' : '')]),
      ),
    );
    expect([await ask(endpoint), await ask(endpoint)]).toEqual(['1', '2']);
  });
});
