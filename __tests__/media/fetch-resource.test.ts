import type { RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { type FileServer, startFileServer } from '../../lab/file-server.js';
import { startRawServer } from '../../lab/raw-server.js';
import { systemClock } from '../../src/core/clock.js';
import { ResourceError } from '../../src/core/errors.js';
import { type FetchResourceOptions, fetchResource } from '../../src/media/fetch-resource.js';

const PICTURE = Buffer.from('a picture, let us say');
const LINK_LOCAL = '169.254.169.254';

let server: FileServer;
const serve = async (pages: Record<string, RequestListener>) => {
  server = await startFileServer(pages);
};

afterEach(() => server.close());

/** As the internet would be, with `pictures.example` on loopback. */
const NAMES: Record<string, string[]> = {
  'pictures.example': ['127.0.0.1'],
  'rebound.example': ['127.0.0.1', LINK_LOCAL],
  'metadata.example': [LINK_LOCAL],
  'nowhere.example': [],
};

function fetchIt(path: string, options: Partial<FetchResourceOptions> = {}, host = 'pictures.example') {
  return fetchResource(`http://${host}:${server.port}${path}`, {
    clock: systemClock,
    timeoutMs: 10_000,
    limitBytes: 1_000,
    allowPrivate: true,
    lookup: async (name) => NAMES[name] ?? Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    ...options,
  });
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('it was fetched'),
    (error) => error,
  );

const page =
  (body: Buffer | string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(200, headers).end(body);

describe('fetching what a user gave the address of', () => {
  it('gives the bytes and the content type without its parameters', async () => {
    await serve({ '/a.png?size=2': page(PICTURE, { 'content-type': 'Image/PNG; charset=binary' }) });
    expect(await fetchIt('/a.png?size=2')).toEqual({ bytes: PICTURE, contentType: 'image/png' });
  });

  it('connects to the checked address, resolves the name once, and tells the server the name', async () => {
    await serve({ '/a.png': page(PICTURE) });
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      return asked.length === 1 ? ['127.0.0.1'] : [LINK_LOCAL];
    };
    await fetchIt('/a.png', { lookup });
    expect(asked).toEqual(['pictures.example']);
    expect(server.requests[0]?.headers.host).toBe(`pictures.example:${server.port}`);
  });

  it('sends no credentials', async () => {
    await serve({ '/a.png': page(PICTURE) });
    await fetchIt('/a.png');
    const { authorization, cookie, 'x-litellm-call-id': callId } = server.requests[0]?.headers ?? {};
    expect([authorization, cookie, callId]).toEqual([undefined, undefined, undefined]);
  });

  it('goes on to the next address when one does not answer', async () => {
    await serve({ '/a.png': page(PICTURE) });
    // Nothing listens there.
    expect((await fetchIt('/a.png', { lookup: async () => ['127.0.0.2', '127.0.0.1'] })).bytes).toEqual(PICTURE);
  });

  it.each([
    ['gzip', gzipSync(PICTURE)],
    ['x-gzip', gzipSync(PICTURE)],
    ['deflate', deflateSync(PICTURE)],
    ['br', brotliCompressSync(PICTURE)],
    ['identity', PICTURE],
  ])('decompresses %s, which it has not asked for', async (encoding, body) => {
    await serve({ '/a.png': page(body, { 'content-encoding': encoding }) });
    expect((await fetchIt('/a.png')).bytes).toEqual(PICTURE);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([301, 302, 303, 307, 308])('follows a redirect with %i, relative or not', async (status) => {
    await serve({
      '/one': (_, response) => response.writeHead(status, { location: '/two' }).end(),
      '/two': (_, response) =>
        response.writeHead(status, { location: `http://pictures.example:${server.port}/a.png` }).end(),
      '/a.png': page(PICTURE),
    });
    expect((await fetchIt('/one')).bytes).toEqual(PICTURE);
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /one',
      'GET /two',
      'GET /a.png',
    ]);
  });
});

describe('refused before anything is sent', () => {
  it('a name that resolves to a private address', async () => {
    await serve({ '/a.png': page(PICTURE) });
    const error = await failure(fetchIt('/a.png', { allowPrivate: false }));
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).toContain('ELIZANET_ALLOW_PRIVATE_URLS');
    expect(error.message).not.toContain('127.0.0.1');
    expect(server.requests).toHaveLength(0);
  });

  it.each(['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]', '[::1]', 'localhost'])(
    'this machine written as %s',
    async (host) => {
      await serve({ '/a.png': page(PICTURE) });
      const options = { allowPrivate: false, lookup: undefined };
      expect(await failure(fetchIt('/a.png', options, host))).toBeInstanceOf(ResourceError);
      expect(server.requests).toHaveLength(0);
    },
  );

  it('a name with one bad address among good ones, and a metadata service, even when private ones are allowed', async () => {
    await serve({ '/a.png': page(PICTURE) });
    expect(await failure(fetchIt('/a.png', {}, 'rebound.example'))).toBeInstanceOf(ResourceError);
    expect(await failure(fetchIt('/a.png', {}, 'metadata.example'))).toBeInstanceOf(ResourceError);
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    'http://metadata.example/latest/meta-data',
    `http://${LINK_LOCAL}/latest/meta-data`,
    'http://[fd00:ec2::254]/',
    'file:///etc/passwd',
    'gopher://pictures.example/',
    'http://alice:hunter2@pictures.example/',
    'http://',
  ])('a redirect to %s', async (location) => {
    await serve({ '/one': (_, response) => response.writeHead(302, { location }).end() });
    const error = await failure(fetchIt('/one'));
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).not.toMatch(/hunter2|passwd|meta-data/);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['file:///etc/passwd', 'data:text/plain,hi', 'ftp://pictures.example/a', 'a.png', ''])(
    'the address "%s"',
    async (address) => {
      await serve({});
      const options = { clock: systemClock, timeoutMs: 1_000, limitBytes: 10, allowPrivate: true };
      expect(await failure(fetchResource(address, options))).toBeInstanceOf(ResourceError);
    },
  );
});

describe('given up', () => {
  it.each([
    [
      'an error status',
      { '/a.png': (_, response) => response.writeHead(403).end('secret') },
      /pictures.example:\d+ answered 403/,
    ],
    ['an empty body', { '/a.png': page('') }, /nothing/],
    ['a body that says it is too large', { '/a.png': page(Buffer.alloc(1_001)) }, /more than 1000 bytes/],
    [
      'a body that grows too large',
      { '/a.png': (_, response) => void response.write(Buffer.alloc(900), () => response.end(Buffer.alloc(900))) },
      /more than 1000 bytes/,
    ],
    [
      'a body that unpacks to too much',
      { '/a.png': page(gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }) },
      /more than 1000 bytes/,
    ],
    ['an unknown compression', { '/a.png': page(PICTURE, { 'content-encoding': 'constructor' }) }, /compression/],
    [
      'compression that is none',
      { '/a.png': page(PICTURE, { 'content-encoding': 'gzip' }) },
      /could not be fetched from/,
    ],
    [
      'a body that is cut',
      {
        '/a.png': (_, response) => {
          response.writeHead(200, { 'content-length': '500' });
          response.write(PICTURE, () => response.socket?.destroy());
        },
      },
      /could not be fetched from/,
    ],
    [
      'a dropped connection',
      { '/a.png': (_, response) => void response.socket?.destroy() },
      /could not be fetched from/,
    ],
    [
      'endless redirects',
      { '/a.png': (_, response) => response.writeHead(302, { location: '/a.png' }).end() },
      /too often/,
    ],
  ] as [string, Record<string, RequestListener>, RegExp][])('%s', async (_, pages, message) => {
    await serve(pages);
    const error = await failure(fetchIt('/a.png'));
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/a\.png|secret/);
  });

  it.each(['unknown.example', 'nowhere.example'])('%s, a name without an address', async (host) => {
    await serve({});
    expect(await failure(fetchIt('/a.png', {}, host))).toBeInstanceOf(ResourceError);
  });

  it('after six requests of redirects at most', async () => {
    await serve({ '/a.png': (_, response) => response.writeHead(302, { location: '/a.png' }).end() });
    await failure(fetchIt('/a.png'));
    expect(server.requests).toHaveLength(6);
  });

  it.each(['the headers', 'the body'])('when the time is up before %s', async (what) => {
    const clock = fakeClock();
    await serve({
      '/a.png': (_, response) => {
        if (what === 'the body') response.write('a pict');
        setTimeout(() => clock.advance(10_000), 20);
      },
    });
    const error = await failure(fetchIt('/a.png', { clock }));
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).toContain('10000 ms');
  });

  it('when the time is up before the name is resolved', async () => {
    await serve({});
    const clock = fakeClock();
    const fetching = failure(fetchIt('/a.png', { clock, lookup: () => new Promise(() => {}) }));
    clock.advance(10_000);
    expect(await fetching).toBeInstanceOf(ResourceError);
  });

  it('at once when the caller stops waiting, with the reason of the caller', async () => {
    const controller = new AbortController();
    await serve({ '/a.png': () => controller.abort('enough') });
    expect(await failure(fetchIt('/a.png', { signal: controller.signal }))).toBe('enough');
    expect(await failure(fetchIt('/a.png', { signal: controller.signal }))).toBe('enough');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a server that answers with 101 Switching Protocols', () => {
  it.each([
    ['and an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
    ['alone', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('%s is refused, and its socket is closed', async (_, head) => {
    server = await startFileServer({});
    const raw = await startRawServer((socket) => socket.write(head));
    const options = { clock: systemClock, timeoutMs: 2_000, limitBytes: 1_000, allowPrivate: true };
    expect(await failure(fetchResource(`${raw.url}/a.png`, options))).toMatchObject({ code: 'RESOURCE_FETCH' });
    await raw.until(() => raw.sockets.open === 0);
    await raw.close();
  });
});
