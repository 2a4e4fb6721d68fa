import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { systemClock } from '../../src/core/clock.js';

const ONE_HOUR_MS = 3_600_000;

it("the system's monotonic time does not follow the system's clock; its wall time does", () => {
  const { now } = Date;
  const before = [systemClock.now(), systemClock.wallNow()] as const;
  Date.now = () => now() - ONE_HOUR_MS;
  try {
    expect(systemClock.now()).toBeGreaterThanOrEqual(before[0]);
    expect(systemClock.wallNow()).toBeLessThan(before[1] - ONE_HOUR_MS / 2);
  } finally {
    Date.now = now;
  }
});

it('is counted in whole milliseconds, as log lines and events show it', () => {
  expect(Number.isInteger(systemClock.now())).toBe(true);
  expect(Number.isInteger(systemClock.wallNow())).toBe(true);
});

describe('an agent whose system clock is set back one hour', () => {
  let guarded: Guarded;
  let clock: FakeClock;
  afterEach(() => guarded.stop());

  async function start(answer: () => unknown): Promise<void> {
    clock = fakeClock();
    guarded = await createGuarded({
      plugins: [primary({ TEXT_LARGE: answer })],
      settings: { ELIZANET_PRIMARY_TIMEOUT: '60000', ELIZANET_HEDGE_AFTER: '0', ELIZANET_CACHE_TTL: '60000' },
      options: { clock, random: () => 0 },
    });
  }
  const ask = () => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });

  it('still gives up a call that hangs after ELIZANET_PRIMARY_TIMEOUT', async () => {
    await start(() => new Promise(() => {}));
    const answer = ask();
    clock.setWallClock(-ONE_HOUR_MS);
    clock.advance(60_000);
    expect(await answer).toBe('ElizaNet answers this one.');
  });

  it('goes back to its primary after ELIZANET_COOLDOWN', async () => {
    let isDown = true;
    await start(() => {
      if (isDown) throw statusError(429);
      return 'The primary answers.';
    });
    await ask();
    isDown = false;
    clock.setWallClock(-ONE_HOUR_MS);
    expect(await ask()).toBe('ElizaNet answers this one.');
    clock.advance(15_000);
    expect(await ask()).toBe('The primary answers.');
  });

  it('records calls in milliseconds since the epoch', async () => {
    await start(() => Promise.reject(statusError(503)));
    await ask();
    const call = guarded.events.find(({ name }) => name === 'ELIZANET_FAILED_OVER');
    expect(call?.payload.endedAt).toBe(clock.wallNow());
    clock.setWallClock(-ONE_HOUR_MS);
    await ask();
    expect(guarded.events.findLast(({ name }) => name === 'ELIZANET_FAILED_OVER')?.payload.endedAt).toBe(
      clock.wallNow(),
    );
  });

  it('keeps the date of a Retry-After', async () => {
    await start(() => {
      const date = new Date(clock.wallNow() + 30_000).toUTCString();
      throw Object.assign(statusError(429), { responseHeaders: { 'retry-after': date } });
    });
    clock.setWallClock(-ONE_HOUR_MS);
    await ask();
    clock.advance(29_000);
    await ask();
    const route = guarded.events.filter(({ name }) => name === 'ELIZANET_FAILED_OVER').at(-1)?.payload.attempts;
    expect((route as { outcome: string }[])[0]?.outcome).toBe('skipped');
  });
});
