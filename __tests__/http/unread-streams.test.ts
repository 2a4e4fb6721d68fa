import { afterEach, describe, expect, it } from 'vitest';
import { answerOf, ask, delta, openStream, STREAM_END } from '../../lab/client.js';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { endpoint, server, start } from '../../lab/raw-client.js';
import { chunk, chunkedHead, response } from '../../lab/raw-server.js';

let clock: FakeClock;

afterEach(async () => {
  const closed = endpoint.close();
  // Streams that are still open do not end by themselves.
  clock.advance(60_000);
  await closed;
  await server.close();
});

/** Streams begin and wait; plain calls are answered. */
const serve = async (maxConcurrency: number) => {
  clock = fakeClock();
  await start(
    (socket, { body }) => {
      if (!body.includes('"stream":true')) return socket.write(response(200, answerOf('well')));
      return socket.write(chunkedHead() + String(chunk(delta('first '))));
    },
    { maxConcurrency, clock },
  );
};

const open = (count: number) => Promise.all(Array.from({ length: count }, () => openStream(endpoint)));

describe('streams that are not read', () => {
  it('give their places back after a short time', async () => {
    await serve(2);
    await open(2);
    const answer = ask(endpoint);
    await new Promise((resolve) => setImmediate(resolve));
    expect(endpoint.connections.waitingCount).toBe(1);
    clock.advance(1_000);
    expect(await answer).toBe('well');
  });

  it('leave no timers behind', async () => {
    await serve(2);
    for (const { chunks } of await open(2)) await chunks.return();
    expect(clock.pendingCount).toBe(0);
  });

  it('can be read later', async () => {
    await serve(1);
    const [first] = await open(1);
    clock.advance(1_000);
    await ask(endpoint);
    const chunks = first?.chunks;
    expect(await chunks?.next()).toEqual({ done: false, value: 'first ' });
    await chunks?.return();
    expect(await ask(endpoint)).toBe('well');
  });

  it('never keep a call waiting, and have a bounded number of sockets', async () => {
    await serve(2);
    const streams: Awaited<ReturnType<typeof open>> = [];
    for (let i = 0; i < 30; i++) {
      streams.push(...(await open(1)));
      clock.advance(1_000);
    }
    expect(await ask(endpoint)).toBe('well');
    await server.until(() => server.sockets.open <= 9);
    // The oldest was cut for a newer one, and says so.
    await expect(streams[0]?.chunks.next().then(() => streams[0]?.chunks.next())).rejects.toMatchObject({
      kind: 'network',
    });
    expect(await streams[29]?.chunks.next()).toEqual({ done: false, value: 'first ' });
  });

  it('do not slow down streams that are read', async () => {
    await serve(1);
    server.answer = (socket) =>
      socket.write(Buffer.concat([Buffer.from(chunkedHead()), chunk(delta('a') + STREAM_END), chunk('')]));
    for (let i = 0; i < 3; i++) {
      const { chunks } = await openStream(endpoint);
      expect(await chunks.text).toBe('a');
    }
    expect(server.sockets.opened).toBe(1);
  });
});
