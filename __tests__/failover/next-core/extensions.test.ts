import { afterEach, expect, it } from 'vitest';
import { ELIZANET_ANSWER, type Handler, primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import type { Extensions } from '../../../src/index.js';

let guarded: NextGuarded;
const start = async (a: Handler, b: Handler, extensions: Extensions) => {
  const plugins = [primary({ TEXT_LARGE: a }, 'a'), primary({ TEXT_LARGE: b }, 'b')];
  guarded = await createNextGuarded({ plugins, options: { extensions } });
};
const ask = (): Promise<unknown> => guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });

afterEach(() => guarded.stop());

it('a result that a check refuses lets core go on to its next registration', async () => {
  const check = async (result: unknown) => result !== 'refused';
  await start(
    () => 'refused',
    () => 'of b',
    { resultChecks: [{ name: 'mine', check }] },
  );
  expect(await ask()).toBe('of b');
  expect(guarded.core.answeredBy).toEqual(['b']);
});

it('an error that core ends a call with, and a classifier lets fail over, is answered by ElizaNet', async () => {
  await start(
    () => Promise.reject(statusError(400)),
    () => 'of b',
    { failureClassifiers: [{ name: 'mine', classify: () => ({ kind: 'server' }) }] },
  );
  expect(await ask()).toBe(ELIZANET_ANSWER);
});

it("a check at fault with onError: 'fail' fails the call", async () => {
  // Not for the embedding at core's start, which would fail.
  const check = async (result: unknown) => {
    if (typeof result === 'string') throw new TypeError();
    return true;
  };
  await start(
    () => 'of a',
    () => 'of b',
    { resultChecks: [{ name: 'mine', onError: 'fail', check }] },
  );
  expect(await ask().catch((error: unknown) => error)).toMatchObject({ code: 'EXTENSION_FAILED' });
  expect(guarded.core.answeredBy).toEqual([]);
  expect(guarded.elizaNet.calls).toEqual([]);
});

it("a classifier at fault with onError: 'fail' fails the call, if no registration of core answers", async () => {
  const classify = () => {
    throw new TypeError();
  };
  const fails = () => Promise.reject(statusError(503));
  await start(fails, fails, { failureClassifiers: [{ name: 'mine', onError: 'fail', classify }] });
  expect(await ask().catch((error: unknown) => error)).toMatchObject({ code: 'EXTENSION_FAILED' });
  expect(guarded.elizaNet.calls).toEqual([]);
});
