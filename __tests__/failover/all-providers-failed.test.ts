import { afterEach, expect, it } from 'vitest';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { AllProvidersFailedError, ElizaNetError } from '../../src/index.js';

let guarded: Guarded;

afterEach(() => guarded.stop());

it("the error of a failed call is the primary's also while its circuit is open and ElizaNet failed first", async () => {
  const errors: Error[] = [];
  const failing = () => {
    const error = statusError(429);
    errors.push(error);
    return Promise.reject(error);
  };
  guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: failing })] });
  guarded.elizaNet.fault = { kind: 'status', status: 400 };
  const ask = () => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' }).catch((thrown) => thrown);
  await ask();
  const error = await ask();
  expect(error).toBeInstanceOf(AllProvidersFailedError);
  expect(error).toBeInstanceOf(ElizaNetError);
  expect(error.attempts.map(({ provider }: { provider: string }) => provider)).toEqual([
    'elizanet-fallback',
    'primary',
  ]);
  expect(error).toMatchObject({ kind: 'rate_limit', statusCode: 429, cause: errors.at(-1), lastError: errors.at(-1) });
});
