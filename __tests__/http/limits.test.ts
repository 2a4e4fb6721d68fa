import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerOf, ask, delta, failureOf, readStream, STREAM_END } from '../../lab/client.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, chunk, chunkedHead, response } from '../../lab/raw-server.js';

const MEGABYTE = 1024 * 1024;

closeAfterEach();

/** Sends a body for ever, as fast as it is taken. */
function flood(head: string, piece: Buffer): Answer {
  return (socket) => {
    socket.write(head);
    const go = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', go);
    go();
  };
}

const unbounded = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n';

describe('an answer without an end', () => {
  it('is left after 16 MiB, and its socket is closed', async () => {
    await start(flood(unbounded, Buffer.alloc(64 * 1024, ' ')));
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining(`more than ${16 * MEGABYTE} bytes`),
      model: 'gpt-4o',
      attempt: 1,
    });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    await server.until(() => server.sockets.open === 0);
  });

  it('is left after the limit that its caller sets', async () => {
    await start(flood(unbounded, Buffer.alloc(1024, ' ')));
    expect(await failureOf(ask(endpoint, { limitBytes: 10_000 }))).toMatchObject({
      message: expect.stringContaining('more than 10000 bytes'),
    });
  });

  it('that comes with an error status is read for 64 KiB, and the status stands', async () => {
    await start(flood('HTTP/1.1 400 Bad Request\r\n\r\n', Buffer.from('exceeded your current quota '.repeat(100))));
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: 400, kind: 'quota' });
    await server.until(() => server.sockets.open === 0);
  });

  it('in a single event of a stream is left after 1 MiB', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
    await start(flood(`${head}${delta('Hello')}data: `, Buffer.alloc(64 * 1024, 'x')));
    const { text, error } = await readStream(endpoint);
    expect(text).toBe('Hello');
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', message: expect.stringContaining('more than 1 MiB') });
    await server.until(() => server.sockets.open === 0);
  });

  it('of a stream, in lines that never make an event, is left as well', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
    await start(flood(head, Buffer.from(`${'data: x\n'.repeat(8_000)}`)));
    expect((await readStream(endpoint)).error).toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  it('of a stream of comments is left after 64 MiB', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
    await start(flood(head, Buffer.from(': processing\n\n'.repeat(40_000))));
    const { error } = await readStream(endpoint, { timeoutMs: 60_000 });
    expect(error).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining(`more than ${64 * MEGABYTE} bytes`),
    });
  });
});

describe('a compressed answer', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['GZIP', gzipSync],
  ])('in %s is read', async (encoding, compress) => {
    await start((socket) => socket.write(response(200, compress(answerOf('well')), { 'content-encoding': encoding })));
    expect(await ask(endpoint)).toBe('well');
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it('is read as it is when it says identity', async () => {
    await start((socket) => socket.write(response(200, answerOf('well'), { 'content-encoding': 'identity' })));
    expect(await ask(endpoint)).toBe('well');
  });

  it('leaves its socket for the next one', async () => {
    await start((socket) => socket.write(response(200, gzipSync(answerOf('well')), { 'content-encoding': 'gzip' })));
    for (let i = 0; i < 5; i++) await ask(endpoint);
    expect(server.sockets.opened).toBe(1);
  });

  it('with an error status tells what the error is', async () => {
    const body = gzipSync(JSON.stringify({ error: { message: 'You exceeded your current quota.', code: '429' } }));
    await start((socket) => socket.write(response(429, body, { 'content-encoding': 'gzip' })));
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: 429, kind: 'quota' });
  });

  it.each([
    ['256 MiB of nothing in a gzip of 1 MiB', 'gzip', () => gzipSync(Buffer.alloc(256 * MEGABYTE), { level: 1 })],
    [
      '256 MiB of nothing in a brotli of some bytes',
      'br',
      () => brotliCompressSync(Buffer.alloc(256 * MEGABYTE), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    ],
  ])('(%s) is left after 16 MiB, and never held whole', async (_, encoding, bomb) => {
    const bytes = bomb();
    await start((socket) => socket.write(response(200, bytes, { 'content-encoding': encoding })));
    const before = process.memoryUsage().arrayBuffers;
    expect(await failureOf(ask(endpoint))).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining(`more than ${16 * MEGABYTE} bytes`),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MEGABYTE);
  });

  it('that is a bomb under an error status does no harm either', async () => {
    const bytes = gzipSync(Buffer.alloc(256 * MEGABYTE), { level: 1 });
    await start((socket) => socket.write(response(500, bytes, { 'content-encoding': 'gzip' })));
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: 500 });
  });

  it.each([
    ['in an encoding that was not asked for', 'zstd', Buffer.from('x')],
    ['in two encodings', 'gzip, gzip', gzipSync(gzipSync(answerOf('well')))],
    ['in one that is the name of something else', 'constructor', Buffer.from('x')],
    ['that is not in its encoding', 'gzip', Buffer.from(answerOf('well'))],
    ['that is not in its encoding', 'br', Buffer.from('not brotli at all')],
    ['that is cut short', 'gzip', gzipSync(answerOf('well')).subarray(0, 40)],
  ])('%s (%s) is no answer', async (_, encoding, bytes) => {
    await start((socket) => socket.write(response(200, bytes, { 'content-encoding': encoding })));
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', model: 'gpt-4o' });
    expect(error.message).toMatch(/compressed/);
  });

  it('that breaks off with its connection is a connection error', async () => {
    const bytes = gzipSync(answerOf('well'));
    const answer = response(200, bytes.subarray(0, 40), {
      'content-encoding': 'gzip',
      'content-length': String(bytes.byteLength),
    });
    await start((socket) => socket.end(answer));
    expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'UPSTREAM_CONNECTION', phase: 'body' });
  });

  it('in a stream is read event by event, though streams are asked for as they are', async () => {
    await start((socket) => {
      const gzip = createGzip();
      socket.write(chunkedHead({ 'content-encoding': 'gzip' }));
      gzip.on('data', (bytes) => socket.write(chunk(bytes)));
      gzip.on('end', () => socket.write(chunk('')));
      gzip.write(delta('Hello '));
      // The first event has to arrive before the second one is there.
      gzip.flush(() => setImmediate(() => gzip.end(delta('there') + STREAM_END)));
    });
    expect(await readStream(endpoint)).toMatchObject({ text: 'Hello there', error: undefined });
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});
