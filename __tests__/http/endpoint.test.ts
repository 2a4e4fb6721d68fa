import { describe, expect, it } from 'vitest';
import { answerOf, ask, failureOf } from '../../lab/client.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { response } from '../../lab/raw-server.js';

closeAfterEach();

const isBun = !!process.versions.bun;
const well = response(200, answerOf('well'));

describe('the code that makes the connections', () => {
  it('is loaded by the first request; on Bun it is there from the start', async () => {
    await start((socket) => socket.write(well));
    expect(endpoint.isWarm).toBe(isBun);
    expect(await ask(endpoint)).toBe('well');
    expect(endpoint.isWarm).toBe(true);
  });

  it('is loaded by warmUp, which opens no connection', async () => {
    await start((socket) => socket.write(well));
    await endpoint.warmUp();
    expect([endpoint.isWarm, server.sockets.opened]).toEqual([true, 0]);
    expect(await ask(endpoint)).toBe('well');
  });

  it('is loaded once for requests that come together', async () => {
    await start((socket) => socket.write(well));
    expect(endpoint.warmUp()).toBe(endpoint.warmUp());
    expect(await Promise.all([ask(endpoint), ask(endpoint), ask(endpoint)])).toEqual(['well', 'well', 'well']);
  });
});

describe('a request that waits for that code', () => {
  it('ends at once when its caller aborts, and is never sent', async () => {
    await start((socket) => socket.write(well));
    const controller = new AbortController();
    const call = ask(endpoint, { signal: controller.signal });
    controller.abort(new Error('not wanted'));
    await expect(call).rejects.toThrow('not wanted');
    await endpoint.warmUp();
    expect(await ask(endpoint)).toBe('well');
    expect(server.requests).toHaveLength(1);
  });

  it('ends at once when its time limit runs out', async () => {
    const clock = fakeClock();
    await start((socket) => socket.write(well), { clock });
    const call = failureOf(ask(endpoint, { timeoutMs: 1_000 }));
    // The request has begun once its limit runs; loading takes longer.
    while (clock.pendingCount === 0) await Promise.resolve();
    clock.advance(1_000);
    const error = await call;
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', timeoutMs: 1_000, attempt: 1 });
    if (!isBun) expect(error).toMatchObject({ phase: 'connect' });
    expect(server.requests).toHaveLength(0);
  });

  it('is refused when the endpoint is closed meanwhile; on Bun it is under way by then, and answered', async () => {
    await start((socket) => socket.write(well));
    const call = ask(endpoint);
    await Promise.resolve();
    const closed = endpoint.close();
    if (isBun) expect(await call).toBe('well');
    else expect(await failureOf(call)).toMatchObject({ code: 'SERVICE_STOPPED' });
    await closed;
  });
});
