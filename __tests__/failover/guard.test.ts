import { afterEach, describe, expect, it } from 'vitest';
import {
  collector,
  createGuarded,
  type Guarded,
  type GuardedOptions,
  primary,
  statusError,
} from '../../lab/guarded.js';
import { AllProvidersFailedError, getCallRecords, getLastAttempts } from '../../src/index.js';

let guarded: Guarded;
const start = async (options: GuardedOptions) => {
  guarded = await createGuarded(options);
  return guarded.runtime;
};

afterEach(() => guarded.stop());

describe('a healthy primary', () => {
  it('answers as without the plugin: same value, no request to ElizaNet, its own name in the log', async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => 'mine' })] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('mine');
    expect(guarded.elizaNet.calls).toHaveLength(0);
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['primary']);
    expect(getLastAttempts(runtime)).toEqual([]);
  });

  it("does not change the caller's params", async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => 'mine' })] });
    const { onStreamChunk } = collector();
    const params = Object.freeze({ prompt: 'hi', temperature: 0, onStreamChunk });
    await runtime.useModel('TEXT_SMALL', params);
    expect(params).toEqual({ prompt: 'hi', temperature: 0, onStreamChunk });
  });
});

describe('a failing primary', () => {
  it('fails over to ElizaNet, and the log names ElizaNet', async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) })] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
    expect(guarded.logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback']);
    expect(getLastAttempts(runtime)).toMatchObject([
      { attempt: 1, provider: 'primary', outcome: 'failed', failure: { kind: 'server', statusCode: 503 } },
      { attempt: 2, provider: 'elizanet-fallback', outcome: 'answered' },
    ]);
    expect(guarded.events.map(({ name }) => name)).toContain('ELIZANET_FAILED_OVER');
  });

  it("and ElizaNet each receive the caller's params, even if core or the primary changes its copy", async () => {
    const runtime = await start({
      plugins: [
        primary({
          TEXT_SMALL: (params) => {
            params.prompt = 'changed';
            throw statusError(503);
          },
        }),
      ],
    });
    const { chunks, onStreamChunk } = collector();
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi', temperature: 0, onStreamChunk });
    expect(guarded.elizaNet.calls[0]?.body).toMatchObject({ temperature: 0, messages: [{ content: 'hi' }] });
    expect(chunks.join('')).toBe('ElizaNet answers this one.');
  });

  it.each([400, 404, 422])('with %i gives the caller its own error, the very same object', async (status) => {
    const error = statusError(status);
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(error) })] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown)).toBe(error);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each([
    [401, 'The provider says no'],
    [403, 'The provider says no'],
    [404, 'The model `gpt-9` does not exist'],
  ])('with %i "%s" is answered by ElizaNet', async (status, message) => {
    const runtime = await start({
      plugins: [primary({ TEXT_SMALL: () => Promise.reject(statusError(status, message)) })],
    });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });

  it.each([401, 403])(
    'with %i gives the caller its own error when ELIZANET_FALLBACK_ON leaves auth out',
    async (status) => {
      const error = statusError(status);
      const runtime = await start({
        plugins: [primary({ TEXT_SMALL: () => Promise.reject(error) })],
        settings: { ELIZANET_FALLBACK_ON: 'rate_limit,server' },
      });
      expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown)).toBe(error);
      expect(guarded.elizaNet.calls).toHaveLength(0);
    },
  );

  it('that throws before it returns a promise fails over too', async () => {
    const throwing = {
      name: 'primary',
      description: '',
      models: {
        TEXT_SMALL: () => {
          throw statusError(429);
        },
      },
    };
    const runtime = await start({ plugins: [throwing] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });

  it('fails over to the next primary before ElizaNet', async () => {
    const runtime = await start({
      plugins: [
        primary({ TEXT_SMALL: () => Promise.reject(statusError(500)) }),
        primary({ TEXT_SMALL: () => 'second' }, 'second'),
      ],
    });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('second');
  });

  it('fails over past a next primary with a bad key', async () => {
    const runtime = await start({
      plugins: [
        primary({ TEXT_SMALL: () => Promise.reject(statusError(500)) }),
        primary({ TEXT_SMALL: () => Promise.reject(statusError(401)) }, 'second'),
      ],
    });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });
});

describe('when all providers fail', () => {
  it('a call throws one error that lists every attempt, with the status and cause of the first', async () => {
    const cause = statusError(429);
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(cause) })] });
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    const error = await runtime.useModel('TEXT_SMALL', { prompt: 'a secret prompt' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect(error).toMatchObject({ code: 'ALL_PROVIDERS_FAILED', statusCode: 429, cause });
    expect(error.message).toMatch(/primary rate_limit 429 .* → elizanet-fallback server 503/);
    expect(error.message).not.toContain('a secret prompt');
    expect(getCallRecords(runtime).at(-1)).toMatchObject({ answered: false });
  });

  it('a provider with an open circuit is called as a last resort', async () => {
    let healthy = false;
    const runtime = await start({
      plugins: [primary({ TEXT_SMALL: () => (healthy ? 'back' : Promise.reject(statusError(429))) })],
    });
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    healthy = true;
    guarded.elizaNet.fault = { kind: 'drop' };
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('back');
  });
});

describe('no failover', () => {
  it('for a pinned call: it gets that provider and its own error', async () => {
    const error = statusError(503);
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(error) })] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }, 'primary').catch((thrown) => thrown)).toBe(error);
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('for a type that only the primary serves', async () => {
    const error = statusError(503);
    const runtime = await start({ plugins: [primary({ TEXT_TO_SPEECH: () => Promise.reject(error) })] });
    expect(await runtime.useModel('TEXT_TO_SPEECH', { text: 'x' }).catch((thrown) => thrown)).toBe(error);
  });

  it('for any call while ELIZANET_FALLBACK_ENABLED is false', async () => {
    const error = statusError(503);
    const runtime = await start({
      plugins: [primary({ TEXT_SMALL: () => Promise.reject(error) })],
      settings: { ELIZANET_FALLBACK_ENABLED: false },
    });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown)).toBe(error);
    const own = await runtime.useModel('TEXT_LARGE', { prompt: 'hi' }).catch((thrown) => thrown);
    expect(own).toMatchObject({ code: 'FALLBACK_DISABLED' });
    expect(await runtime.useModel('TEXT_TOKENIZER_ENCODE', { prompt: 'hi', modelType: 'TEXT_SMALL' })).toEqual([3686]);
  });
});

describe('text types without an ElizaNet handler', () => {
  it.each([
    ['REASONING_SMALL', 'gpt-4o-mini'],
    ['REASONING_LARGE', 'gpt-4o'],
    ['TEXT_COMPLETION', 'gpt-4o'],
  ])('%s fails over to %s', async (type, model) => {
    const runtime = await start({ plugins: [primary({ [type]: () => Promise.reject(statusError(503)) })] });
    expect(await runtime.useModel(type as 'REASONING_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
    expect(guarded.elizaNet.calls[0]?.body.model).toBe(model);
  });

  it('are served by ElizaNet when no other plugin serves them', async () => {
    const runtime = await start({});
    expect(await runtime.useModel('REASONING_LARGE', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });
});

describe('two runtimes in one process', () => {
  it('share nothing: an open circuit in one does not affect the other', async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(statusError(429)) })] });
    const other = await createGuarded({ plugins: [primary({ TEXT_SMALL: () => 'mine' })] });
    await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(await other.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('mine');
    expect(getCallRecords(other.runtime)).toEqual([]);
    await other.stop();
  });
});

describe('the stop of the agent', () => {
  it('restores the runtime and its handlers', async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => 'mine' })] });
    const before = primary({ TEXT_LARGE: () => 'late' });
    runtime.registerModel('TEXT_LARGE', before.models?.TEXT_LARGE as never, 'late');
    await runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    await runtime.stop();
    expect(Object.hasOwn(runtime, 'useModel')).toBe(false);
    expect(runtime.models.get('TEXT_LARGE')?.[0]?.handler).toBe(before.models?.TEXT_LARGE);
  });

  it('makes the guard a pass-through when another plugin has wrapped it', async () => {
    const error = statusError(503);
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => Promise.reject(error) })] });
    const ours = runtime.useModel;
    const theirs = (...args: Parameters<typeof ours>) => ours(...args);
    runtime.useModel = theirs as typeof ours;
    await runtime.stop();
    expect(runtime.useModel).toBe(theirs);
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch((thrown) => thrown)).toBe(error);
  });
});
