import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { type Answer, endless, type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import { fetchResource } from '../../src/media/fetch-resource.js';

let server: RawServer;

afterEach(() => server.close());

const fetchFrom = async (answer: Answer, more: { signal?: AbortSignal } = {}) => {
  server = await startRawServer(answer);
  const clock = fakeClock();
  const fetching = fetchResource(`${server.url}/a.png`, {
    clock,
    timeoutMs: 1_000,
    limitBytes: 1_000,
    allowPrivate: true,
    ...more,
  });
  fetching.catch(() => {});
  return { clock, fetching };
};

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

describe('a server that a user names', () => {
  it.each([
    ['switches protocols', SWITCH],
    ['switches protocols without a word', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['switches protocols and talks on', `${SWITCH}${'x'.repeat(100)}`],
    ['answers something that is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['sends rubbish after its answer is short', 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nrubbish'],
  ])('is given up at once when it %s', async (_, bytes) => {
    const { fetching } = await fetchFrom((socket) => socket.write(bytes));
    await expect(fetching).rejects.toMatchObject({ name: 'ResourceError', code: 'RESOURCE_FETCH' });
    await server.until(() => server.sockets.open === 0);
  });

  it.each<[string, Answer]>([
    ['is silent', () => {}],
    ['sends 100s without end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['sends 102s without end', endless('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['sends its headers one byte at a time', endless('HTTP/1.1 200 OK\r\nx: ', 'x')],
    ['sends its body one byte at a time', endless('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n', 'x')],
  ])('has the time limit, and no more, when it %s', async (_, answer) => {
    const { clock, fetching } = await fetchFrom(answer);
    await server.until(() => server.requests.length === 1);
    clock.advance(1_000);
    await expect(fetching).rejects.toMatchObject({ name: 'ResourceError' });
    await server.until(() => server.sockets.open === 0);
  });

  it('is left at once when the caller aborts', async () => {
    const controller = new AbortController();
    const { fetching } = await fetchFrom(() => {}, { signal: controller.signal });
    await server.until(() => server.requests.length === 1);
    controller.abort(new Error('not wanted'));
    await expect(fetching).rejects.toThrow('not wanted');
    await server.until(() => server.sockets.open === 0);
  });

  it('may send early hints before its answer', async () => {
    const { fetching } = await fetchFrom((socket) =>
      socket.write(
        Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), response(200, 'picture')]),
      ),
    );
    expect(String((await fetching).bytes)).toBe('picture');
  });
});
