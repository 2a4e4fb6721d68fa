import type { ModelHandler } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { embeddingModel } from '../../lab/embedding-spaces.js';
import { fakeClock } from '../../lab/fake-clock.js';
import {
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type GuardedOptions,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';
import type { HostRuntime } from '../../src/failover/core-compat.js';
import { createPlanner } from '../../src/failover/targets.js';
import { getLastAttempts } from '../../src/index.js';

let guarded: Guarded | undefined;
const start = async (options: GuardedOptions) => {
  guarded = await createGuarded(options);
  return guarded.runtime;
};

afterEach(async () => {
  await guarded?.stop();
  guarded = undefined;
});

describe('a pinned call that a handler makes', () => {
  const inner: [string, () => unknown][] = [
    ['an apology', () => 'Error generating text. Please try again later.'],
    ['a text', () => 'inner'],
    ['a failure', () => Promise.reject(statusError(401))],
    ['a stream without text', () => textStream([], { finishReason: 'unknown' })],
    ['a stream that is cut', () => textStream(['half '], { finishReason: 'error' })],
  ];
  it.each(inner)('with %s is not taken for the answer of the attempt', async (_, answer) => {
    const runtime = await start({
      plugins: [
        primary(
          {
            TEXT_LARGE: async ({ prompt }) => {
              if (prompt === 'inner') return answer();
              await guarded?.runtime.useModel('TEXT_LARGE', { prompt: 'inner' }, 'groq').catch(() => {});
              return 'outer';
            },
          },
          'groq',
        ),
      ],
    });
    for (let i = 0; i < 3; i++) expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('outer');
    expect(guarded?.elizaNet.calls).toHaveLength(0);
    expect(guarded?.events.map(({ name }) => name)).not.toContain('ELIZANET_BREAKER_CHANGED');
  });

  it('does not hide that the attempt fails', async () => {
    const runtime = await start({
      plugins: [
        primary({
          TEXT_LARGE: async ({ prompt }) => {
            if (prompt === 'inner') return 'inner';
            await guarded?.runtime.useModel('TEXT_LARGE', { prompt: 'inner' }, 'primary');
            return textStream([], { finishReason: 'unknown' });
          },
        }),
      ],
    });
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk: () => {} })).toBe(ELIZANET_ANSWER);
  });
});

type UseModel = (type: string, params: unknown, provider?: string) => unknown;

/** A plugin that wraps `useModel` before this one does. */
const wrapping = (wrap: (original: UseModel) => UseModel) => ({
  name: 'wrapper',
  description: '',
  priority: 5,
  async init(_: unknown, runtime: { useModel: unknown }) {
    const original = (runtime.useModel as UseModel).bind(runtime);
    runtime.useModel = wrap(original);
  },
});

describe('a plugin that wraps `useModel` before this one', () => {
  const droppers: [string, (original: UseModel) => UseModel][] = [
    ['without the provider', (original) => (type, params) => original(type, params)],
    [
      'without the provider, later',
      (original) => async (type, params) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return original(type, params);
      },
    ],
    ['on a copy of the params', (original) => (type, params) => original(type, { ...(params as object) })],
  ];
  it.each(droppers)('and calls it %s leaves failover working', async (_, wrap) => {
    const runtime = await start({
      plugins: [
        wrapping(wrap) as never,
        primary({ TEXT_LARGE: () => Promise.reject(statusError(503)), TEXT_SMALL: () => 'mine' }),
        primary({ TEXT_LARGE: () => Promise.reject(statusError(500)) }, 'second'),
      ],
    });
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    expect(getLastAttempts(runtime).map(({ provider }) => provider)).toEqual([
      'primary',
      'second',
      'elizanet-fallback',
    ]);
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('mine');
  });

  it.each([
    ['a value', 'cached'],
    ['an empty text', ''],
  ])('and answers with %s instead of a promise is served', async (_, value) => {
    const runtime = await start({
      plugins: [
        wrapping(
          (original) =>
            (...args) =>
              args[0] === 'TEXT_LARGE' ? value : original(...args),
        ) as never,
        primary({ TEXT_LARGE: () => 'mine' }),
      ],
    });
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(value);
  });

  it('and throws instead of rejecting fails over', async () => {
    let calls = 0;
    const runtime = await start({
      plugins: [
        wrapping((original) => (...args) => {
          if (args[0] === 'TEXT_LARGE' && ++calls === 1) throw statusError(503);
          return original(...args);
        }) as never,
        primary({ TEXT_LARGE: () => 'mine' }),
      ],
    });
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
  });
});

describe("other plugins' own types", () => {
  it.each(['TEXT_TRANSLATION', 'TEXT_LARGE_V2', 'MY_REASONING_LARGE', 'constructor', '__proto__', 'toString'])(
    '%s are not answered by a chat model',
    async (type) => {
      const error = statusError(503);
      const models = JSON.parse(`{"${type}":0}`);
      const handler = () => Promise.reject(error);
      const runtime = await start({});
      for (const name of Object.keys(models)) runtime.registerModel(name, handler as never, 'primary', 0);
      expect(await runtime.useModel(type as never, { prompt: 'hi' } as never).catch((thrown) => thrown)).toBe(error);
      expect(guarded?.elizaNet.calls).toHaveLength(0);
    },
  );

  it('are forgotten again, however many there are', () => {
    const models = new Map<string, ModelHandler[]>();
    let planned = 0;
    const plan = createPlanner({ models } as unknown as HostRuntime, () => planned++);
    plan('TYPE_0');
    plan('TYPE_0');
    expect(planned).toBe(1);
    for (let i = 0; i < 10_000; i++) plan(`TYPE_${i}`);
    plan('TYPE_0');
    expect(planned).toBe(10_001);
  });
});

describe('tokens', () => {
  const params = { modelType: 'TEXT_LARGE' } as const;
  const encode = (prompt = 'hello there') =>
    guarded?.runtime.useModel('TEXT_TOKENIZER_ENCODE', { prompt, ...params } as never) as Promise<number[]>;
  const decode = (tokens: number[]) =>
    guarded?.runtime.useModel('TEXT_TOKENIZER_DECODE', { tokens, ...params } as never) as unknown as Promise<string>;
  const ownIds = () =>
    guarded?.runtime.useModel(
      'TEXT_TOKENIZER_ENCODE',
      { prompt: 'hello there', ...params } as never,
      'elizanet-fallback',
    );

  it.each<[string, Record<string, (params: Record<string, unknown>) => unknown>]>([
    ['no decoder', {}],
    ['a decoder that throws', { TEXT_TOKENIZER_DECODE: () => Promise.reject(statusError(503)) }],
    ['a decoder that gives nothing', { TEXT_TOKENIZER_DECODE: () => Promise.reject(new Error('not here')) }],
  ])('of a primary with %s are not decoded as those of ElizaNet', async (_, decoder) => {
    await start({ plugins: [primary({ TEXT_TOKENIZER_ENCODE: () => [1, 2], ...decoder })] });
    const ids = await encode();
    expect(ids).toEqual([1, 2]);
    await expect(decode(ids)).rejects.toThrow();
  });

  it('are decoded by ElizaNet once encoding has failed over as well', async () => {
    let isUp = true;
    const encoder = () => (isUp ? [1, 2] : Promise.reject(new Error('no')));
    await start({ plugins: [primary({ TEXT_TOKENIZER_ENCODE: encoder })] });
    await encode();
    isUp = false;
    const ids = await encode();
    expect(ids).toEqual(await ownIds());
    expect(await decode(ids)).toBe('hello there');
  });

  it('are decoded by the second primary when it has encoded them', async () => {
    await start({
      plugins: [
        primary({
          TEXT_TOKENIZER_ENCODE: () => Promise.reject(new Error('no')),
          TEXT_TOKENIZER_DECODE: () => 'by the first',
        }),
        primary({ TEXT_TOKENIZER_ENCODE: () => [7], TEXT_TOKENIZER_DECODE: () => 'by the second' }, 'second'),
      ],
    });
    expect(await decode(await encode())).toBe('by the second');
  });
});

describe('two embedding primaries, when the first fails', () => {
  const TEXT = 'The weather in Lisbon is fine today.';
  const OTHER = 'A sentence about something else entirely.';
  const space = embeddingModel(1);
  const cases: [string, (text: string) => ArrayLike<unknown>, boolean][] = [
    ['of the same space', space, true],
    ['of the same space, as a Float32Array', (text) => Float32Array.from(space(text)), true],
    ['of another space of the same width', embeddingModel(2), false],
    ['of another width', embeddingModel(1, 384), false],
    ['that gives nulls', () => new Array(256).fill(null), false],
    ['that gives NaN', () => new Array(256).fill(Number.NaN), false],
    ['that gives Infinity', () => [...new Array(255).fill(0.1), Number.POSITIVE_INFINITY], false],
  ];
  it.each(cases)('and the second is one %s', async (_, second, serves) => {
    const clock = fakeClock();
    let isUp = true;
    let asked = 0;
    const embedder = (embed: (text: string) => unknown) => (params: Record<string, unknown> | null) =>
      params ? embed(String(params.text)) : new Array(256).fill(0.1);
    const runtime = await start({
      plugins: [
        primary({
          TEXT_EMBEDDING: embedder((text) => (isUp ? space(text) : Promise.reject(statusError(429)))) as never,
        }),
        primary(
          {
            TEXT_EMBEDDING: embedder((text) => {
              asked++;
              return second(text);
            }) as never,
          },
          'second',
        ),
      ],
      elizaNet: { vector: space },
      options: { clock },
    });
    const embed = async (text: string) => {
      let vector: ArrayLike<number> | undefined;
      let failure: unknown;
      runtime.useModel('TEXT_EMBEDDING', { text }).then(
        (value) => {
          vector = value as never;
        },
        (error) => {
          failure = error;
        },
      );
      while (!vector && !failure) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        clock.advance(1);
      }
      if (failure) throw failure;
      return Array.from(vector as ArrayLike<number>);
    };
    const wanted = (text: string) => space(text).map((value) => expect.closeTo(value, 5));
    expect(await embed(TEXT)).toEqual(wanted(TEXT));
    isUp = false;
    for (const text of [OTHER, TEXT, `${OTHER} More of it.`]) expect(await embed(text)).toEqual(wanted(text));
    const byElizaNet = guarded?.elizaNet.calls.length ?? 0;
    if (serves) expect([asked > 0, byElizaNet]).toEqual([true, 0]);
    else expect(byElizaNet).toBeGreaterThan(0);
    // Nothing was learned from the one that stood in: the first is believed as before.
    isUp = true;
    clock.advance(300_000);
    expect(await embed(OTHER)).toEqual(wanted(OTHER));
  });
});
