import { afterEach, expect, it } from 'vitest';
import { createEndpoint, readStream } from '../../lab/client.js';
import { collectGarbage } from '../../lab/collect-garbage.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { startRawServer } from '../../lab/raw-server.js';

const MINUTE_MS = 60_000;
const MEGABYTE = 1024 * 1024;

let guarded: Guarded | undefined;

afterEach(async () => {
  await guarded?.stop();
  guarded = undefined;
});

it('eight idle hours with a call each minute, some of which fail, leave no timer and no memory behind', async () => {
  const clock = fakeClock();
  let isDown = false;
  const flaky = primary({ TEXT_SMALL: async () => (isDown ? Promise.reject(statusError(429)) : 'well') });
  guarded = await createGuarded({
    plugins: [flaky],
    options: { clock },
    settings: { ELIZANET_TIMEOUT: 8 * MINUTE_MS },
  });
  const { runtime, logs, events, elizaNet } = guarded;
  const hour = async () => {
    for (let minute = 0; minute < 60; minute++) {
      isDown = minute % 3 === 0;
      await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
      clock.advance(MINUTE_MS);
    }
    // Only the plugin's own growth counts, not that of the test's helpers.
    logs.length = events.length = elizaNet.requests.length = 0;
    await collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const pending: number[] = [];
  let first = 0;
  for (let hours = 0; hours < 8; hours++) {
    const heap = await hour();
    // The first hour warms up.
    if (hours === 1) first = heap;
    pending.push(clock.pendingCount);
    if (hours === 7) expect(heap - first).toBeLessThan(2 * MEGABYTE);
  }
  // One shared timer of each kind may stay armed; none is added from hour to hour.
  expect(Math.max(...pending)).toBeLessThanOrEqual(pending[0] ?? 0);
});

it('a day of streams leaves no timer', async () => {
  const clock = fakeClock();
  const server = await startRawServer((socket) => socket.end('HTTP/1.1 503 No\r\nretry-after: 60\r\n\r\n'));
  const endpoint = createEndpoint(server.url, { clock });
  for (let call = 0; call < 200; call++) {
    expect((await readStream(endpoint)).error).toMatchObject({ statusCode: 503 });
    clock.advance(7 * MINUTE_MS);
  }
  expect(clock.pendingCount).toBe(0);
  await endpoint.close();
  await server.close();
});
