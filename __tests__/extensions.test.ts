import { createHook } from 'node:async_hooks';
import type { TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../lab/fake-clock.js';
import { createGuarded, ELIZANET_ANSWER, type Guarded, joined, primary, statusError } from '../lab/guarded.js';
import { logLines } from '../lab/log-lines.js';
import { createRuntime } from '../lab/runtime.js';
import { startStandIn } from '../lab/stand-in/server.js';
import { type ElizaNetFallbackService, type Extension, type Extensions, PROVIDER_NAME } from '../src/index.js';

/** What an extension of a test does before it does its work; a promise is waited for. */
type Act = () => unknown;
type Acting = Pick<Extension, 'onError'> & { name?: string; timeoutMs?: number; act?: Act; result?: unknown };

interface Point {
  point: string;
  isSync?: boolean;
  /** @returns the extensions: each does its `act`, then returns `result` if it has one, else what changes nothing. */
  extensions(acting: readonly Acting[]): Extensions;
  /** Makes a call that the extensions take part in. */
  use(guarded: Guarded): Promise<unknown>;
  /** What the call gives with extensions that change nothing. */
  usual: unknown;
  /** A result that none of this kind may have. */
  unusable: unknown;
}

/** Core asks for an embedding at its start, before this is true. */
let isStarted = false;

/** Does the act, then returns the result. */
function acted({ act = () => {}, ...rest }: Acting, unchanged: unknown): never {
  if (!isStarted) return unchanged as never;
  const result = 'result' in rest ? rest.result : unchanged;
  const outcome = act();
  return (outcome instanceof Promise ? outcome.then(() => result) : result) as never;
}

const named = ({ name = 'mine', onError, timeoutMs }: Acting) => ({ name, onError, timeoutMs });
const askText = ({ runtime }: Guarded) => runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
const askWell = ({ runtime }: Guarded) => runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
const checkHealth = ({ runtime }: Guarded) =>
  (runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService).healthCheck();

const FAILURE_CLASSIFIER: Point = {
  point: 'failure classifier',
  isSync: true,
  extensions: (acting) => ({
    failureClassifiers: acting.map((one) => ({ ...named(one), classify: () => acted(one, undefined) })),
  }),
  use: askText,
  usual: ELIZANET_ANSWER,
  unusable: { kind: 'nonsense' },
};

const RESULT_CHECK: Point = {
  point: 'result check',
  extensions: (acting) => ({ resultChecks: acting.map((one) => ({ ...named(one), check: () => acted(one, true) })) }),
  use: askWell,
  usual: 'well',
  unusable: 'yes',
};

const REQUEST_TRANSFORM: Point = {
  point: 'request transform',
  extensions: (acting) => ({
    requestTransforms: acting.map((one) => ({ ...named(one), transform: (body) => acted(one, body) })),
  }),
  use: askText,
  usual: ELIZANET_ANSWER,
  unusable: { messages: [] },
};

const RESPONSE_PROCESSOR: Point = {
  point: 'response processor',
  extensions: (acting) => ({
    responseProcessors: acting.map((one) => ({ ...named(one), process: (value) => acted(one, value) })),
  }),
  use: askText,
  usual: ELIZANET_ANSWER,
  unusable: undefined,
};

const HEALTH_MONITOR: Point = {
  point: 'health monitor',
  extensions: (acting) => ({
    healthMonitors: acting.map((one) => ({ ...named(one), monitor: (health) => acted(one, health) })),
  }),
  use: checkHealth,
  usual: { reachable: true, key: 'accepted', models: ['gpt-4o'] },
  unusable: {},
};

const POINTS = [FAILURE_CLASSIFIER, RESULT_CHECK, REQUEST_TRANSFORM, RESPONSE_PROCESSOR, HEALTH_MONITOR];
const ASYNC_POINTS = POINTS.filter(({ isSync }) => !isSync);

let guarded: Guarded;
let lines: ReturnType<typeof logLines>;
/** TEXT_SMALL fails at the primary, TEXT_LARGE does not. */
async function start(extensions: Extensions, options: object = {}, settings = {}) {
  const primaries = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)), TEXT_LARGE: () => 'well' });
  isStarted = false;
  guarded = await createGuarded({ plugins: [primaries], options: { extensions, ...options }, settings });
  isStarted = true;
  lines = logLines(guarded.runtime);
  return guarded;
}
const reports = () =>
  lines.filter(({ message }) => message.includes('mine')).map(({ level, message }) => [level, message]);

afterEach(() => guarded.stop());

const SECRET = 'the prompt was: my password';

describe.each(POINTS)('a $point', ({ point, extensions, use, usual, unusable }) => {
  it('is called in the order of its list', async () => {
    const called: string[] = [];
    const acting = ['first', 'second', 'third'].map((name) => ({ name, act: () => void called.push(name) }));
    expect(await use(await start(extensions(acting)))).toEqual(usual);
    expect(called).toEqual(['first', 'second', 'third']);
  });

  it('that throws is skipped, and named in the log once, without the message', async () => {
    const called: string[] = [];
    const act = () => {
      throw new TypeError(SECRET);
    };
    const next = { name: 'next', act: () => void called.push('next') };
    expect(await use(await start(extensions([{ act }, next])))).toEqual(usual);
    await use(guarded);
    expect(called).toEqual(['next', 'next']);
    expect(reports()).toEqual([['warn', `[ElizaNet] the ${point} "mine" threw TypeError; it is skipped`]]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  it("that throws with onError: 'fail' fails the call, by name", async () => {
    const act = () => {
      throw new TypeError(SECRET);
    };
    const outcome = await use(await start(extensions([{ onError: 'fail', act }]))).catch((error) => ({ error }));
    const { error } = outcome as { error: Error };
    expect(error).toMatchObject({ name: 'ExtensionError', code: 'EXTENSION_FAILED', cause: { message: SECRET } });
    expect(error.message).toBe(`The ${point} "mine" threw TypeError`);
    const report = `[ElizaNet] the ${point} "mine" threw TypeError; the call fails`;
    expect(reports().filter(([level]) => level === 'warn')).toEqual([['warn', report]]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  it('that throws something without a name is reported too', async () => {
    const act = () => {
      throw { name: SECRET };
    };
    expect(await use(await start(extensions([{ act }])))).toEqual(usual);
    expect(reports()).toEqual([
      ['warn', `[ElizaNet] the ${point} "mine" threw something without a name; it is skipped`],
    ]);
  });

  it('that returns something unusable is skipped', async () => {
    expect(await use(await start(extensions([{ result: unusable }])))).toEqual(usual);
    expect(reports()).toEqual([['warn', `[ElizaNet] the ${point} "mine" returned something unusable; it is skipped`]]);
  });
});

describe.each(ASYNC_POINTS)('an asynchronous $point', ({ point, extensions, use, usual }) => {
  it('is waited for before the next one is called', async () => {
    const seen: string[] = [];
    const act = async () => {
      seen.push('first begins');
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('first ends');
    };
    await start(extensions([{ act }, { act: () => void seen.push('second') }]));
    expect(await use(guarded)).toEqual(usual);
    expect(seen).toEqual(['first begins', 'first ends', 'second']);
  });

  it('that rejects is skipped, and named in the log', async () => {
    await start(extensions([{ act: () => Promise.reject(new RangeError(SECRET)) }]));
    expect(await use(guarded)).toEqual(usual);
    expect(reports()).toEqual([['warn', `[ElizaNet] the ${point} "mine" threw RangeError; it is skipped`]]);
  });

  it.each([
    [undefined, 1_000],
    [50, 50],
  ])('that never ends is skipped at its limit (timeoutMs: %s)', async (timeoutMs, limitMs) => {
    const clock = fakeClock();
    let isCalled!: () => void;
    const called = new Promise<void>((resolve) => {
      isCalled = resolve;
    });
    const act = () => {
      isCalled();
      return new Promise(() => {});
    };
    await start(extensions([{ timeoutMs, act }]), { clock });
    let isOver = false;
    const outcome = use(guarded).finally(() => {
      isOver = true;
    });
    await called;
    clock.advance(limitMs - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    clock.advance(1);
    expect(await outcome).toEqual(usual);
    expect(reports()).toEqual([
      ['warn', `[ElizaNet] the ${point} "mine" took longer than ${limitMs} ms; it is skipped`],
    ]);
  });

  it('leaves no timer behind', async () => {
    const clock = fakeClock();
    await start(extensions([{}]), { clock });
    const before = clock.pendingCount;
    await use(guarded);
    expect(clock.pendingCount).toBe(before);
  });
});

describe('failure classifiers', () => {
  const kindOf = (error: unknown) => (error as { kind?: unknown }).kind;

  it('decide whether a call fails over, each from what the one before it made', async () => {
    const seen: unknown[] = [];
    await start({
      failureClassifiers: [
        { name: 'one', classify: () => ({ kind: 'request' }) },
        {
          name: 'two',
          classify(error, { failure, provider, modelType }) {
            seen.push(failure.kind, failure.statusCode, provider, modelType, (error as Error).message);
            return undefined;
          },
        },
      ],
    });
    const error = await askText(guarded).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: 503 });
    expect(seen).toEqual(['request', 503, 'primary', 'TEXT_SMALL', 'The provider says no']);
    expect(guarded.elizaNet.calls).toEqual([]);
  });

  it('open the circuit by the kind and the wait that they state', async () => {
    await start({
      failureClassifiers: [{ name: 'one', classify: () => ({ kind: 'rate_limit', retryAfterMs: 90_000 }) }],
    });
    await askText(guarded);
    const [change] = guarded.events.filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED');
    expect(change?.payload).toMatchObject({ provider: 'primary', state: 'open', reason: 'rate_limit' });
    expect(change?.payload.retryAfterMs).toBeGreaterThanOrEqual(90_000);
  });

  it('that return a promise are skipped, and its rejection is handled', async () => {
    const rejected = Promise.reject(new Error(SECRET));
    await start({ failureClassifiers: [{ name: 'mine', classify: () => rejected as never }] });
    expect(await askText(guarded)).toBe(ELIZANET_ANSWER);
    expect(reports()).toEqual([['warn', '[ElizaNet] the failure classifier "mine" returned a promise; it is skipped']]);
  });

  it("at fault with onError: 'fail' count against no provider", async () => {
    const act = () => {
      throw new TypeError(SECRET);
    };
    await start(FAILURE_CLASSIFIER.extensions([{ onError: 'fail', act }]));
    for (let call = 0; call < 3; call++) expect(kindOf(await askText(guarded).catch((error) => error))).toBe('request');
    expect(guarded.elizaNet.calls).toEqual([]);
    expect(guarded.events.filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED')).toEqual([]);
  });
});

describe('result checks', () => {
  it('get the result, the provider and the params, and refuse by false', async () => {
    const seen: unknown[] = [];
    await start({
      resultChecks: [
        {
          name: 'mine',
          check(result, { provider, modelType, params }) {
            if (modelType !== 'TEXT_LARGE') return true;
            seen.push([result, provider, modelType, (params as { prompt: string }).prompt]);
            return provider !== 'primary';
          },
        },
      ],
    });
    expect(await askWell(guarded)).toBe(ELIZANET_ANSWER);
    expect(seen).toEqual([
      ['well', 'primary', 'TEXT_LARGE', 'hi'],
      [ELIZANET_ANSWER, PROVIDER_NAME, 'TEXT_LARGE', 'hi'],
    ]);
  });

  it('name the check in the error when no provider passes it', async () => {
    await start({ resultChecks: [{ name: 'mine', check: async () => false }] });
    const error = await askWell(guarded).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ALL_PROVIDERS_FAILED', kind: 'disguised' });
    const { errors } = error as { errors: Error[] };
    expect(errors.map(({ message }) => message)).toEqual([
      'primary returned what "mine" refuses in place of an answer',
      'elizanet-fallback returned what "mine" refuses in place of an answer',
    ]);
  });

  it('do not get calls that are pinned to a provider', async () => {
    await start({ resultChecks: [{ name: 'mine', check: () => false }] });
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' }, 'primary')).toBe('well');
  });
});

describe('request transforms', () => {
  it('change what is sent, each what the one before it made', async () => {
    await start({
      requestTransforms: [
        { name: 'one', transform: (body, { path }) => ({ ...body, user: path }) },
        { name: 'two', transform: async (body) => ({ ...body, user: `${body.user}!`, model: 'other' }) },
      ],
    });
    await askText(guarded);
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ user: '/v1/chat/completions!', model: 'other' });
    await guarded.runtime.useModel('TEXT_EMBEDDING', { text: 'hi' });
    expect(guarded.elizaNet.calls.at(-1)?.body).toMatchObject({ user: '/v1/embeddings!', input: 'hi' });
  });

  it('that have changed their body before they throw leave no trace', async () => {
    await start({
      requestTransforms: [
        {
          name: 'mine',
          transform(body) {
            (body.messages as unknown[]).length = 0;
            throw new Error('too late');
          },
        },
      ],
    });
    await askText(guarded);
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ messages: [{ content: 'hi' }] });
  });

  it("at fault with onError: 'fail' send nothing, and count against no provider", async () => {
    const act = () => Promise.reject(new Error(SECRET));
    await start(REQUEST_TRANSFORM.extensions([{ onError: 'fail', act }]));
    for (let call = 0; call < 3; call++) await askText(guarded).catch(() => {});
    expect(guarded.elizaNet.requests).toEqual([]);
    const changes = guarded.events.filter(({ payload }) => payload.provider === PROVIDER_NAME);
    expect(changes).toEqual([]);
  });

  it('are part of the keys of cached answers', async () => {
    const keys: string[] = [];
    const elizaNet = await startStandIn({ text: ELIZANET_ANSWER });
    for (const name of ['one', 'one', 'other']) {
      const transform = { name, transform: (body: never) => body };
      const cache = { ELIZANET_CACHE_TTL: 60_000, ELIZANET_CACHE_PERSIST: true, ELIZANET_BASE_URL: elizaNet.url };
      await start({ requestTransforms: [transform] }, {}, cache);
      guarded.runtime.setCache = async (key: string) => keys.push(key) > 0;
      await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi', temperature: 0 });
      if (keys.length < 3) await guarded.stop();
    }
    await elizaNet.close();
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('response processors', () => {
  it('change what is returned, each what the one before it made, also from the cache', async () => {
    const responseProcessors = [
      { name: 'one', process: (value: unknown) => `${value}!` },
      {
        name: 'two',
        process: async (value: unknown, { modelType, model }: object & Record<string, string>) =>
          `${value} (${modelType}, ${model})`,
      },
    ];
    await start({ responseProcessors }, {}, { ELIZANET_CACHE_TTL: 60_000 });
    const ask = () => guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi', temperature: 0 });
    expect(await ask()).toBe(`${ELIZANET_ANSWER}! (TEXT_SMALL, gpt-4o-mini)`);
    expect(await ask()).toBe(`${ELIZANET_ANSWER}! (TEXT_SMALL, gpt-4o-mini)`);
    expect(guarded.elizaNet.calls).toHaveLength(1);
  });

  it('get no stream and no answer of a primary', async () => {
    await start(RESPONSE_PROCESSOR.extensions([{ result: 'changed' }]));
    const stream = await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi', stream: true });
    expect(await joined((stream as unknown as TextStreamResult).textStream)).toBe(ELIZANET_ANSWER);
    expect(await askWell(guarded)).toBe('well');
  });
});

it('health monitors pass on what they add', async () => {
  await start({
    healthMonitors: [
      { name: 'one', monitor: (health) => ({ ...health, models: ['a'] }) },
      { name: 'two', monitor: async (health) => ({ ...health, models: [...(health.models ?? []), 'b'] }) },
    ],
  });
  expect(await checkHealth(guarded)).toEqual({ reachable: true, key: 'accepted', models: ['a', 'b'] });
});

describe('without extensions', () => {
  /** Promises that one healthy call takes. */
  async function promisesOf({ runtime }: Pick<Guarded, 'runtime'>): Promise<number> {
    await runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    let count = 0;
    const hook = createHook({ init: (_, type) => void (type === 'PROMISE' && count++) }).enable();
    await runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    hook.disable();
    return count;
  }

  // Bun does not report promises to hooks.
  it.skipIf(process.versions.bun)('a healthy call takes no promise more; with a result check it does', async () => {
    const bare = await createRuntime({ plugins: [primary({ TEXT_LARGE: () => 'well' })] });
    const core = await promisesOf(bare);
    await bare.stop();
    await start({});
    expect((await promisesOf(guarded)) - core).toBe(3);
    await guarded.stop();
    await start({ ...FAILURE_CLASSIFIER.extensions([{}]), ...REQUEST_TRANSFORM.extensions([{}]) });
    expect((await promisesOf(guarded)) - core).toBe(3);
    await guarded.stop();
    await start(RESULT_CHECK.extensions([{}]));
    expect((await promisesOf(guarded)) - core).toBeGreaterThan(3);
  });
});
