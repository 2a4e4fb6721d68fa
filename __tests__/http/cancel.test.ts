import { describe, expect, it } from 'vitest';
import {
  answerOf,
  ask,
  createEndpoint,
  delta,
  failureOf,
  openStream,
  readStream,
  STREAM_END,
} from '../../lab/client.js';
import { collectGarbage } from '../../lab/collect-garbage.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, chunk, chunkedHead, response } from '../../lab/raw-server.js';

const MEGABYTE = 1024 * 1024;

closeAfterEach();

const allClosed = () => server.until(() => server.sockets.open === 0);
/** Bun keeps idle sockets to itself; they keep no process alive. */
const idleClosed = () => (process.versions.bun ? undefined : allClosed());

/** Two events, and then nothing more. */
const stalls: Answer = (socket) => {
  socket.write(chunkedHead() + String(chunk(delta('one '))) + String(chunk(delta('two '))));
};

/** Events without an end, as fast as they are taken. */
function endless(): { answer: Answer; sentBytes: () => number } {
  let sent = 0;
  const piece = chunk(delta('word '.repeat(20)).repeat(50));
  const answer: Answer = (socket) => {
    socket.write(chunkedHead());
    const go = () => {
      while (!socket.destroyed) {
        sent += piece.byteLength;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', go);
    go();
  };
  return { answer, sentBytes: () => sent };
}

/** Waits until a number has stopped changing. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1, same = 0; ; ) {
    const now = value();
    same = now === last ? same + 1 : 0;
    if (same === 10) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a slow reader', () => {
  it('holds the sender back: unread bytes pile up on neither side', async () => {
    const { answer, sentBytes } = endless();
    await start(answer);
    const { chunks } = await openStream(endpoint);
    await chunks.next();
    const before = process.memoryUsage().arrayBuffers;
    const sent = await settled(sentBytes);
    // What fits into the buffers of two sockets, and not the hundreds of megabytes it would have sent by now.
    expect(sent).toBeLessThan(64 * MEGABYTE);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MEGABYTE);
    // It goes on as soon as it is read on.
    for (let read = 0; read < 20_000; read++) expect((await chunks.next()).done).toBe(false);
    expect(await settled(sentBytes)).toBeGreaterThan(sent);
    await chunks.return?.();
    await allClosed();
  });

  it('gets everything in the end, in order', async () => {
    const pieces = Array.from({ length: 3_000 }, (_, index) => `${index} `);
    await start((socket) => {
      socket.write(chunkedHead());
      for (const piece of pieces) socket.write(chunk(delta(piece)));
      socket.write(String(chunk(STREAM_END)) + String(chunk('')));
    });
    const { chunks } = await openStream(endpoint);
    const read: string[] = [];
    for await (const piece of chunks) {
      read.push(piece);
      if (read.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toEqual(pieces);
  });
});

describe('the socket is closed at once', () => {
  it('when the reader leaves the loop', async () => {
    await start(stalls);
    const { chunks } = await openStream(endpoint);
    for await (const piece of chunks) {
      expect(piece).toBe('one ');
      break;
    }
    await allClosed();
    expect(server.sockets.opened).toBe(1);
  });

  it('when the reader throws inside the loop', async () => {
    await start(stalls);
    const { chunks } = await openStream(endpoint);
    const read = async () => {
      for await (const _ of chunks) throw new Error('a bug of the reader');
    };
    await expect(read()).rejects.toThrow('a bug of the reader');
    await allClosed();
  });

  it('when the caller aborts while the next chunk is waited for', async () => {
    await start(stalls);
    const controller = new AbortController();
    const { chunks } = await openStream(endpoint, { signal: controller.signal });
    expect([await chunks.next(), await chunks.next()].map(({ value }) => value)).toEqual(['one ', 'two ']);
    const next = chunks.next();
    controller.abort(new Error('not wanted'));
    await expect(next).rejects.toThrow('not wanted');
    await allClosed();
  });

  it('when the caller aborts while the reader is busy', async () => {
    await start(stalls);
    const controller = new AbortController();
    const { chunks } = await openStream(endpoint, { signal: controller.signal });
    await chunks.next();
    controller.abort(new Error('not wanted'));
    await allClosed();
  });

  it('when the caller aborts a plain call, before or within the answer', async () => {
    for (const answer of [
      () => {},
      (socket) => socket.write(response(200, '{', { 'content-length': '99' })),
    ] as Answer[]) {
      await start(answer);
      const controller = new AbortController();
      const call = ask(endpoint, { signal: controller.signal });
      await server.until(() => server.requests.length === 1);
      controller.abort('not wanted');
      await expect(call).rejects.toBe('not wanted');
      await allClosed();
      expect(server.sockets.opened).toBe(1);
    }
  });

  it('never opened when the caller had aborted before', async () => {
    await start(stalls);
    await expect(ask(endpoint, { signal: AbortSignal.abort('not wanted') })).rejects.toBe('not wanted');
    expect(server.sockets.opened).toBe(0);
  });

  it('when a stream is dropped half-read and is garbage-collected', async () => {
    await start(stalls, { maxConcurrency: 1 });
    const open = async () => {
      const { chunks } = await openStream(endpoint);
      await chunks.next();
    };
    await open();
    while (server.sockets.open > 0) await collectGarbage();
    // Its place is free again.
    server.answer = (socket) => socket.write(response(200, answerOf('well')));
    expect(await ask(endpoint)).toBe('well');
  });
});

describe('after an abort', () => {
  it('the next call is answered on a connection of its own', async () => {
    await start((socket, { number }) => number > 1 && socket.write(response(200, answerOf('well'))), {
      maxConcurrency: 1,
    });
    const controller = new AbortController();
    const call = ask(endpoint, { signal: controller.signal });
    await server.until(() => server.requests.length === 1);
    controller.abort('not wanted');
    const next = ask(endpoint);
    await expect(call).rejects.toBe('not wanted');
    expect(await next).toBe('well');
  });

  it('no listener stays on a signal that outlives the call', async () => {
    await start((socket) => socket.write(response(200, answerOf('well'))));
    const { signal } = new AbortController();
    let listeners = 0;
    const watched = new Proxy(signal, {
      get(_, name) {
        if (name === 'addEventListener') listeners++;
        if (name === 'removeEventListener') listeners--;
        const value = Reflect.get(signal, name);
        return typeof value === 'function' ? value.bind(signal) : value;
      },
    });
    for (let call = 0; call < 50; call++) await ask(endpoint, { signal: watched });
    expect(listeners).toBe(0);
  });
});

describe('an endpoint that is closed', () => {
  it('lets calls in flight end, refuses new and waiting ones, and closes its idle sockets', async () => {
    const sockets: { write(data: Buffer): void }[] = [];
    await start((socket) => sockets.push(socket), { maxConcurrency: 1 });
    const call = ask(endpoint);
    const inLine = failureOf(ask(endpoint));
    await server.until(() => server.requests.length === 1);
    const closed = endpoint.close();
    expect(await inLine).toMatchObject({ code: 'SERVICE_STOPPED' });
    expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'SERVICE_STOPPED' });
    sockets[0]?.write(response(200, answerOf('well')));
    expect(await call).toBe('well');
    await closed;
    await idleClosed();
  });

  it('ends calls in flight after 5 s, with an error that names the stop', async () => {
    const clock = fakeClock();
    await start(stalls, { clock });
    const { chunks } = await openStream(endpoint);
    await chunks.next();
    await chunks.next();
    const next = failureOf(chunks.next());
    const closed = endpoint.close();
    clock.advance(4_999);
    expect(server.sockets.open).toBe(1);
    clock.advance(1);
    await closed;
    expect(await next).toMatchObject({ code: 'SERVICE_STOPPED' });
    await allClosed();
  });

  it('closes at once when it was never used', async () => {
    await start(stalls);
    const clock = fakeClock();
    const unused = createEndpoint(server.url, { clock });
    await unused.close();
    expect(clock.pendingCount).toBe(0);
  });

  it('has no sockets left after successful calls', async () => {
    await start((socket) => socket.write(response(200, answerOf('well'))));
    await Promise.all([ask(endpoint), ask(endpoint), ask(endpoint)]);
    await endpoint.close();
    await idleClosed();
  });

  it('lets a stream be read to its end while it closes', async () => {
    await start((socket) => {
      stalls(socket, {} as never);
      setTimeout(() => socket.write(String(chunk(STREAM_END)) + String(chunk(''))), 20);
    });
    const reading = readStream(endpoint);
    await server.until(() => server.requests.length === 1);
    await endpoint.close();
    expect(await reading).toMatchObject({ text: 'one two ', error: undefined });
  });
});
