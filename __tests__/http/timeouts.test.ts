import { describe, expect, it, vi } from 'vitest';
import { answerOf, ask, delta, failureOf, openStream, readStream, STREAM_END } from '../../lab/client.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, chunk, chunkedHead, response } from '../../lab/raw-server.js';
import type { ElizaNetError } from '../../src/core/elizanet-error.js';
import { asEvents } from '../../src/http/as-events.js';
import { request } from '../../src/http/request.js';
import { ChatTextStream } from '../../src/models/chat/chat-text-stream.js';

closeAfterEach();

/** Real time here: each byte comes in time, and all of them too late. */
const LIMIT_MS = 200;
const drip = (bytes: string | Buffer): Answer => {
  return (socket) => {
    const all = Buffer.from(bytes);
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < all.byteLength) socket.write(all.subarray(sent, ++sent));
    }, 15);
    socket.on('close', () => clearInterval(timer));
  };
};

/** The same after a proper beginning. */
const dripAfter = (beginning: string, bytes: string): Answer => {
  return (socket, request) => {
    socket.write(beginning);
    drip(bytes)(socket, request);
  };
};

describe('a server that sends a byte at a time does not get around the limit', () => {
  it('with its headers', async () => {
    await start(drip(response(200, answerOf('well'))));
    expect(await failureOf(ask(endpoint, { timeoutMs: LIMIT_MS }))).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      timeoutMs: LIMIT_MS,
    });
    await server.until(() => server.sockets.open === 0);
  });

  it('with the body of a plain call', async () => {
    const head = response(200, '', { 'content-length': '5000' }).toString();
    await start(dripAfter(head, answerOf('well')));
    expect(await failureOf(ask(endpoint, { timeoutMs: LIMIT_MS }))).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      phase: 'body',
    });
    await server.until(() => server.sockets.open === 0);
  });

  it('with the size of a chunk', async () => {
    await start(dripAfter(chunkedHead(), '0'.repeat(1_000)));
    expect((await readStream(endpoint, { timeoutMs: LIMIT_MS })).error).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await server.until(() => server.sockets.open === 0);
  });

  const unchunked = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
  it.each([
    ['the first event', unchunked, delta('never there'), ''],
    ['an event in the middle', unchunked + delta('Hello'), delta('never there'), 'Hello'],
    ['comments', `${unchunked}${delta('Hello')}`, ': \n'.repeat(500), 'Hello'],
    ['empty lines', `${unchunked}${delta('Hello')}`, '\n'.repeat(500), 'Hello'],
  ])('of a stream with %s', async (_, beginning, bytes, text) => {
    await start(dripAfter(beginning, bytes));
    const outcome = await readStream(endpoint, { timeoutMs: LIMIT_MS });
    expect(outcome).toMatchObject({ text, error: { code: 'UPSTREAM_TIMEOUT', timeoutMs: LIMIT_MS } });
    await server.until(() => server.sockets.open === 0);
  });
});

describe('a server that says nothing', () => {
  it('when connected to (a TLS handshake that never ends) is given up, and its socket is closed', async () => {
    await start(
      () => {},
      {},
      (url) => url.replace('http:', 'https:'),
    );
    const error = await failureOf(ask(endpoint, { timeoutMs: LIMIT_MS }));
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', attempt: 1 });
    // Bun's fetch does not say how far it had got.
    if (!process.versions.bun) expect(error).toMatchObject({ phase: 'connect' });
    await server.until(() => server.sockets.open === 0);
  });

  it('does not keep the next call from its own connection', async () => {
    let isSilent = true;
    await start((socket) => isSilent || socket.write(response(200, answerOf('well'))), { maxConcurrency: 1 });
    await failureOf(ask(endpoint, { timeoutMs: LIMIT_MS }));
    isSilent = false;
    expect(await ask(endpoint)).toBe('well');
  });

  it('to a request is a timeout of the whole limit', async () => {
    const clock = fakeClock();
    await start(() => {}, { clock });
    const call = failureOf(ask(endpoint, { timeoutMs: 30_000 }));
    await server.until(() => server.requests.length === 1);
    clock.advance(30_000);
    const error = await call;
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', kind: 'timeout', phase: 'response', timeoutMs: 30_000 });
    expect(error.message).toMatch(/did not answer within 30000 ms; raise ELIZANET_TIMEOUT/);
    await server.until(() => server.sockets.open === 0);
  });
});

describe('a stream that stalls after its first text', () => {
  const unchunked = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
  /** Reads `Hello` and moves the clock until the stall is noticed. @returns the limit that ended it, in milliseconds. */
  const stallMs = async (clock: FakeClock) => {
    const { chunks } = await openStream(endpoint, { timeoutMs: 30_000 });
    const reader = chunks[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: 'Hello' });
    const stalled = failureOf(reader.next());
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(30_000);
    const { timeoutMs, message } = (await stalled) as ElizaNetError & { timeoutMs: number };
    // A longer ELIZANET_TIMEOUT would not help, unless that was the limit.
    expect(message.includes('ELIZANET_TIMEOUT')).toBe(timeoutMs === 30_000);
    return timeoutMs;
  };

  it('is given up long before the limit of the call, and given more time the next time', async () => {
    const clock = fakeClock();
    await start((socket) => socket.write(unchunked + delta('Hello')), { clock });
    expect(await stallMs(clock)).toBe(12_000);
    expect(await stallMs(clock)).toBe(30_000);
  });

  it('is given up after 5 s when twenty streams did not stall', async () => {
    const clock = fakeClock();
    let stalls = false;
    await start(
      (socket) => {
        socket.write(unchunked + delta('Hello'));
        if (!stalls) socket.end(delta(' you') + STREAM_END);
      },
      { clock },
    );
    for (let i = 0; i < 20; i++) expect((await readStream(endpoint)).text).toBe('Hello you');
    stalls = true;
    expect(await stallMs(clock)).toBe(5_000);
  });

  it('may think for the limit of the call between its first event and its first text', async () => {
    const clock = fakeClock();
    let think: () => void = () => {};
    await start(
      (socket) => {
        socket.write(`${unchunked}data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n`);
        think = () => socket.end(delta('Hello') + STREAM_END);
      },
      { clock },
    );
    const input = { path: '/v1/chat/completions', body: { model: 'm', stream: true }, timeoutMs: 30_000 };
    const { value: events } = await request(endpoint, input, asEvents);
    const next = vi.spyOn(events, 'next');
    const first = new ChatTextStream(events).textStream.next();
    while (next.mock.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(29_000);
    think();
    expect(await first).toMatchObject({ value: 'Hello' });
    next.mockRestore();
  });
});

describe('a call that waits for a connection', () => {
  it('uses up its own limit, and names the wait in its error', async () => {
    const clock = fakeClock();
    await start(() => {}, { clock, maxConcurrency: 1 });
    const first = failureOf(ask(endpoint, { timeoutMs: 60_000 }));
    const second = failureOf(ask(endpoint, { timeoutMs: 30_000 }));
    await server.until(() => server.requests.length === 1);
    clock.advance(30_000);
    const error = await second;
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', phase: 'queue', timeoutMs: 30_000 });
    expect(error.message).toMatch(/1 requests were in flight; raise ELIZANET_MAX_CONCURRENCY/);
    clock.advance(30_000);
    await first;
    expect(server.requests).toHaveLength(1);
  });

  it('ends at once when its caller aborts, and is never sent', async () => {
    const sockets: { write(data: Buffer): void }[] = [];
    await start((socket) => sockets.push(socket), { maxConcurrency: 1 });
    const first = ask(endpoint);
    await server.until(() => server.requests.length === 1);
    const controller = new AbortController();
    const second = ask(endpoint, { signal: controller.signal });
    controller.abort(new Error('not wanted'));
    await expect(second).rejects.toThrow('not wanted');
    sockets[0]?.write(response(200, answerOf('well')));
    expect(await first).toBe('well');
    expect(server.requests).toHaveLength(1);
  });

  it('is one of many when more calls than allowed are made at once: no more sockets than that are opened', async () => {
    let inFlight = 0;
    let most = 0;
    await start(
      (socket) => {
        most = Math.max(most, ++inFlight);
        setImmediate(() => {
          inFlight--;
          socket.write(response(200, answerOf('well')));
        });
      },
      { maxConcurrency: 3 },
    );
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(endpoint)));
    expect(answers).toEqual(Array(60).fill('well'));
    expect(most).toBeLessThanOrEqual(3);
    // Bun's fetch keeps a pool of its own, where a socket may be on its way back while the next request goes out.
    if (!process.versions.bun) expect(server.sockets.opened).toBeLessThanOrEqual(3);
  });
});

describe('the limit of a stream', () => {
  it('begins anew with each event, and does not run while its reader is busy', async () => {
    const clock = fakeClock();
    await start(
      (socket) => {
        const events = [delta('one '), delta('two '), delta('three'), STREAM_END];
        socket.write(chunkedHead() + events.map((event) => String(chunk(event))).join('') + String(chunk('')));
      },
      { clock },
    );
    const { chunks } = await openStream(endpoint, { timeoutMs: 1_000 });
    let text = '';
    for await (const piece of chunks) {
      text += piece;
      clock.advance(999_999);
    }
    expect(text).toBe('one two three');
  });

  it('runs out between two events, and goes on failing', async () => {
    const clock = fakeClock();
    await start((socket) => socket.write(chunkedHead() + String(chunk(delta('one ')))), { clock });
    const { chunks } = await openStream(endpoint, { timeoutMs: 1_000 });
    expect(await chunks.next()).toEqual({ done: false, value: 'one ' });
    const next = failureOf(chunks.next());
    clock.advance(1_000);
    expect(await next).toMatchObject({ code: 'UPSTREAM_TIMEOUT', phase: 'body', timeoutMs: 1_000 });
    await server.until(() => server.sockets.open === 0);
    // A later call fails the same way: a failed stream is never complete.
    expect(await failureOf(chunks.next())).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });
});
