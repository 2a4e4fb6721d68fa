import type { Plugin } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { ELIZANET_ANSWER, type GuardedOptions, type Handler, primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import { nativeResult, STAGE_1 } from '../../../lab/next-core/native.js';
import { AllProvidersFailedError, elizaNetFallbackPlugin, getLastAttempts } from '../../../src/index.js';

let guarded: NextGuarded;
const start = async (options: GuardedOptions) => {
  guarded = await createNextGuarded(options);
};
const ask = (type: string, params: object = { prompt: 'hi' }, provider?: string): Promise<unknown> =>
  guarded.runtime.useModel(type as 'TEXT_LARGE', params as never, provider);
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );

afterEach(() => guarded.stop());

const rejects = (error: unknown): Handler => {
  return () => Promise.reject(error);
};
const fails = (status: number) => rejects(statusError(status));
/** One primary, whose calls fail with this error. */
const startFailing = (error: unknown, settings: GuardedOptions['settings'] = {}) =>
  start({ plugins: [primary({ TEXT_LARGE: rejects(error) })], settings });
const two = (a: Handler, b: Handler, type = 'TEXT_LARGE') => [primary({ [type]: a }, 'a'), primary({ [type]: b }, 'b')];
/** The providers of the last dispatch, as core's ledger lists them. */
const ledger = () => guarded.core.ledgers.at(-1)?.map(({ provider }) => provider);
const outcomes = () => getLastAttempts(guarded.runtime).map(({ provider, outcome }) => `${provider} ${outcome}`);

const CHAIN_TYPES = ['TEXT_NANO', 'TEXT_MEDIUM', 'TEXT_MEGA', 'RESPONSE_HANDLER', 'ACTION_PLANNER'];

describe("[row 85] core's own failover to another primary goes on", () => {
  it.each<[string, unknown]>([
    ['429', statusError(429)],
    ['503', statusError(503)],
    ['a bare object with status 429', { status: 429 }],
    ['words of a timeout', new Error('The request timed out')],
  ])('after %s, and ElizaNet is not asked', async (_, error) => {
    await start({ plugins: two(rejects(error), () => 'of b') });
    expect(await ask('TEXT_LARGE')).toBe('of b');
    expect(ledger()).toEqual(['a', 'b']);
    expect(guarded.core.answeredBy).toEqual(['b']);
    expect(outcomes()).toEqual(['a failed', 'b answered']);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

describe('[row 86] an error that does not fail over', () => {
  it.each<[string, unknown]>([
    ['an ordinary one', new Error('I do not know')],
    ['a TypeError', new TypeError('x is not a function')],
    ['400', statusError(400)],
    ['a thrown object', { status: 400 }],
  ])('reaches the caller as the same object: %s', async (_, error) => {
    await start({ plugins: two(rejects(error), () => 'of b') });
    expect(await failure(ask('TEXT_LARGE'))).toBe(error);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('by ELIZANET_FALLBACK_ON reaches the caller although core goes on', async () => {
    const error = statusError(429);
    await startFailing(error, { ELIZANET_FALLBACK_ON: 'server' });
    expect(await failure(ask('TEXT_LARGE'))).toBe(error);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});

it('[row 87] a call that names its provider never fails over', async () => {
  const error = statusError(429);
  await start({ plugins: two(rejects(error), () => 'of b') });
  expect(await failure(ask('TEXT_LARGE', { prompt: 'hi' }, 'a'))).toBe(error);
  expect(guarded.elizaNet.calls).toHaveLength(0);
});

it('[row 88] ElizaNet stands in for the brain provider alone', async () => {
  let asked = 0;
  await start({ plugins: two(fails(503), () => ++asked), settings: { ELIZA_BRAIN_PROVIDER: 'a' } });
  expect(await ask('TEXT_LARGE')).toBe(ELIZANET_ANSWER);
  expect(asked).toBe(0);
});

it('[row 89] a provider whose retries are spent is not asked by another type', async () => {
  let asked = 0;
  const code = 'MODEL_PROVIDER_RETRY_BUDGET_EXHAUSTED';
  await start({
    plugins: [
      primary(
        { RESPONSE_HANDLER: rejects(Object.assign(new Error('spent'), { code })), TEXT_NANO: () => ++asked },
        'a',
      ),
      primary({ TEXT_SMALL: () => 'of b' }, 'b'),
    ],
  });
  expect(await ask('RESPONSE_HANDLER')).toBe('of b');
  expect(asked).toBe(0);
});

it("[row 91] the error of a call that all fail shows core the first primary's", async () => {
  const first = statusError(429);
  await start({ plugins: two(rejects(first), fails(401)), elizaNet: {} });
  guarded.elizaNet.fault = { kind: 'status', status: 401 };
  const error = await failure(ask('TEXT_LARGE'));
  expect(error).toBeInstanceOf(AllProvidersFailedError);
  expect(error).toMatchObject({ lastError: first, cause: first, statusCode: 429 });
  expect(outcomes()).toEqual(['a failed', 'b failed', 'elizanet-fallback failed']);
});

it('[row 93] a refusal of the preparation reaches the caller, and no provider is asked', async () => {
  let asked = 0;
  const refusal = new Error('not this one');
  await start({
    plugins: two(
      () => ++asked,
      () => ++asked,
    ),
  });
  const prepareModelAttempt = () => Promise.reject(refusal);
  expect(await failure(ask('TEXT_LARGE', { prompt: 'hi', prepareModelAttempt }))).toBe(refusal);
  expect([asked, guarded.elizaNet.calls.length]).toEqual([0, 0]);
});

it.each(CHAIN_TYPES)('[row 94] a healthy primary of TEXT_SMALL and TEXT_LARGE answers %s', async (type) => {
  await start({ plugins: [primary({ TEXT_SMALL: () => nativeResult(), TEXT_LARGE: () => nativeResult() })] });
  expect(await ask(type, STAGE_1)).toEqual(nativeResult());
  expect(guarded.elizaNet.calls).toHaveLength(0);
});

it.each(CHAIN_TYPES)('[row 95] ElizaNet answers %s when the primary is down', async (type) => {
  await start({ plugins: [primary({ TEXT_SMALL: fails(503), TEXT_LARGE: fails(503) })] });
  expect(await ask(type)).toBe(ELIZANET_ANSWER);
  expect(guarded.core.answeredBy).toEqual(['elizanet-fallback']);
  expect(outcomes()).toEqual(['primary failed', 'elizanet-fallback answered']);
});

describe('[row 96] speech that fails', () => {
  const speech = () => two(fails(503), () => Buffer.from('b'), 'TEXT_TO_SPEECH');

  it('is not asked of another provider', async () => {
    await start({ plugins: speech() });
    expect(await failure(ask('TEXT_TO_SPEECH', { text: 'hi' }))).toMatchObject({ statusCode: 503 });
  });

  it('is asked of ElizaNet if the user has set ELIZANET_TTS_MODEL', async () => {
    await start({ plugins: speech(), settings: { ELIZANET_TTS_MODEL: 'tts-1' } });
    await ask('TEXT_TO_SPEECH', { text: 'hi' });
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });
});

it.each([401, 402, 403])('[row 99] ElizaNet answers after %i, which core alone gives up on', async (status) => {
  await startFailing(statusError(status));
  expect(await ask('TEXT_LARGE')).toBe(ELIZANET_ANSWER);
  expect(guarded.elizaNet.calls).toHaveLength(1);
});

it('[row 97] a result that is no text at all fails over', async () => {
  await start({ plugins: [primary({ TEXT_LARGE: () => ({ answer: 'hi' }) })] });
  expect(await ask('TEXT_LARGE')).toBe(ELIZANET_ANSWER);
});

it('a type without any chain is served by ElizaNet when its providers fail', async () => {
  await start({ plugins: [primary({ REASONING_LARGE: fails(503) })] });
  expect(await ask('REASONING_LARGE')).toBe(ELIZANET_ANSWER);
});

it('a type that no other provider has is served by ElizaNet', async () => {
  await start({ plugins: [] });
  expect(await ask('TEXT_COMPLETION')).toBe(ELIZANET_ANSWER);
});

describe('a plugin that cannot answer', () => {
  it("is switched off: the caller gets the primary's own error", async () => {
    const error = statusError(503);
    await startFailing(error, { ELIZANET_FALLBACK_ENABLED: 'false' });
    expect(await failure(ask('TEXT_LARGE'))).toBe(error);
  });

  it('is switched off and the only provider: the error says so', async () => {
    await start({ plugins: [], settings: { ELIZANET_FALLBACK_ENABLED: 'false' } });
    expect(await failure(ask('TEXT_LARGE'))).toMatchObject({ code: 'FALLBACK_DISABLED' });
  });

  it("is disposed of: the caller gets the primary's own error", async () => {
    const error = statusError(503);
    await startFailing(error);
    const before = guarded.runtime.useModel;
    await elizaNetFallbackPlugin.dispose(guarded.runtime);
    expect(guarded.runtime.useModel).not.toBe(before);
    expect(await failure(ask('TEXT_LARGE'))).toBe(error);
    expect(guarded.core.ledgers.at(-1)).toHaveLength(2);
  });
});

/** A plugin that replaces `useModel` of its runtime. */
const wrapping = (useModel: (...args: unknown[]) => Promise<unknown>): Plugin => ({
  name: 'wrapper',
  description: '',
  priority: 5,
  async init(_, runtime) {
    runtime.useModel = useModel as never;
  },
});

it('a wrapper of useModel that fails as a provider does fails over', async () => {
  const wrapper = wrapping((...[, , provider]) =>
    provider === undefined ? Promise.reject(statusError(503)) : Promise.resolve('by a pinned call'),
  );
  await start({ plugins: [wrapper, primary({ TEXT_LARGE: () => 'mine' })] });
  expect(await ask('TEXT_LARGE')).toBe('by a pinned call');
});

it('a wrapper of useModel that answers by itself is served', async () => {
  const wrapper = wrapping(() => Promise.resolve('kept'));
  await start({ plugins: [wrapper, primary({ TEXT_LARGE: () => 'mine' })] });
  expect(await ask('TEXT_LARGE')).toBe('kept');
});
