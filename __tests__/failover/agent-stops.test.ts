import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { createNextGuarded } from '../../lab/next-core/guarded.js';
import { timedCall } from '../../lab/timed-call.js';

let guarded: Guarded;
let clock: FakeClock;
afterEach(() => guarded.stop());

describe.each([
  ['a published core', createGuarded],
  ['the next core', createNextGuarded],
])('a call of %s during which the agent is stopped', (_, create) => {
  /** @param second what the provider does that is asked after the stop. */
  const ask = async (second: () => unknown) => {
    clock = fakeClock();
    const fails = () => Promise.reject(statusError(503));
    guarded = await create({
      plugins: [primary({ TEXT_LARGE: fails }, 'a'), primary({ TEXT_LARGE: second }, 'groq')],
      settings: { ELIZANET_MODEL_TYPES: 'image', ELIZANET_PRIMARY_TIMEOUT: 5_000 },
      options: { clock },
    });
    const answer = guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    await guarded.runtime.stop();
    return timedCall(clock, answer);
  };

  it('is answered by the next provider', async () => {
    expect(await ask(() => 'mine')).toMatchObject({ answer: 'mine' });
  });

  it('ends within its limit when the next provider hangs', async () => {
    const { answer, ms } = await ask(() => new Promise(() => {}));
    expect(answer).toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
    expect(ms).toBeLessThan(6_000);
  });

  it('is not answered with an apology', async () => {
    const { answer } = await ask(() => 'Error generating text. Please try again later.');
    expect(answer).toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
  });
});
