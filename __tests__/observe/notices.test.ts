import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { logLines } from '../../lab/log-lines.js';

let guarded: Guarded;
let clock: FakeClock;
let healthy: boolean;

async function start(notify: string): Promise<void> {
  clock = fakeClock();
  healthy = false;
  const answer = () => (healthy ? Promise.resolve('fine') : Promise.reject(statusError(429)));
  guarded = await createGuarded({
    plugins: [primary({ TEXT_SMALL: answer, TEXT_LARGE: answer })],
    settings: { ELIZANET_NOTIFY: notify },
    options: { clock, random: () => 0 },
  });
}

afterEach(() => guarded.stop());

const ask = (modelType: 'TEXT_SMALL' | 'TEXT_LARGE' = 'TEXT_SMALL') =>
  guarded.runtime.useModel(modelType, { prompt: 'hi' });
const notices = () =>
  guarded.events.filter(({ name }) => name === 'ELIZANET_OUTAGE_NOTICE').map(({ payload }) => payload);
async function recover(afterMs: number): Promise<void> {
  healthy = true;
  clock.advance(afterMs);
  await ask();
  healthy = false;
}

describe('ELIZANET_NOTIFY=event', () => {
  it('announces the beginning and the end of an outage, once for all model types', async () => {
    await start('event');
    await ask('TEXT_SMALL');
    await ask('TEXT_LARGE');
    expect(notices()).toMatchObject([
      {
        state: 'began',
        provider: 'primary',
        reason: 'rate_limit',
        statusCode: 429,
        text: 'primary is failing (rate_limit 429); its calls go to the next provider',
      },
    ]);
    healthy = true;
    clock.advance(16_000);
    await ask('TEXT_SMALL');
    expect(notices()).toHaveLength(1);
    await ask('TEXT_LARGE');
    expect(notices()[1]).toMatchObject({
      state: 'ended',
      provider: 'primary',
      durationMs: 16_000,
      text: 'primary works again after 16.0 s',
    });
  });

  it('does not announce a provider that fails again within ten minutes, unless it goes on failing after that', async () => {
    await start('event');
    await ask();
    await recover(16_000);
    await ask();
    expect(notices().map(({ state }) => state)).toEqual(['began', 'ended']);
    clock.advance(10 * 60_000);
    await ask();
    expect(notices().map(({ state }) => state)).toEqual(['began', 'ended', 'began']);
    await recover(10 * 60_000);
    expect(notices().map(({ state }) => state)).toEqual(['began', 'ended', 'began', 'ended']);
  });
});

it.each([
  ['log', 1],
  ['off', 0],
])('ELIZANET_NOTIFY=%s emits no notice, and logs the outage %i times', async (notify, count) => {
  await start(notify);
  const lines = logLines(guarded.runtime);
  await ask();
  await recover(16_000);
  expect(notices()).toEqual([]);
  expect(lines.filter(({ message }) => message.includes('goes to ElizaNet'))).toHaveLength(count);
  expect(lines.filter(({ message }) => message.includes('has recovered'))).toHaveLength(count);
});
