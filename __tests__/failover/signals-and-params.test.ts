import { runInNewContext } from 'node:vm';
import { runWithStreamingContext } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  collector,
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  type Handler,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';

let guarded: Guarded;

const start = async (handler: Handler, settings: Record<string, string | number> = {}) => {
  guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: handler })], settings });
  return guarded.runtime;
};
const ask = (params: object) => guarded.runtime.useModel('TEXT_LARGE', params as never);
const never = () => new Promise<never>(() => {});

afterEach(() => guarded.stop());

/** A signal as polyfills make it: no AbortSignal, and no `reason`. */
function polyfill(names: { removes: boolean } = { removes: true }) {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
    ...(names.removes ? { removeEventListener: (_: string, listener: () => void) => listeners.delete(listener) } : {}),
  };
  const abort = () => {
    signal.aborted = true;
    for (const listener of listeners) listener();
  };
  return { signal, abort, listeners };
}

class ChatParams {
  constructor(
    readonly prompt: string,
    readonly abortSignal?: unknown,
  ) {}
}

class NamedParams extends ChatParams {
  get [Symbol.toStringTag]() {
    return 'NamedParams';
  }
}

class PrivateParams {
  readonly #prompt: string;
  onStreamChunk?: (chunk: string) => void;
  constructor(
    prompt: string,
    readonly abortSignal?: unknown,
  ) {
    this.#prompt = prompt;
  }
  get prompt() {
    return this.#prompt;
  }
}

const inOtherRealm = (signal: unknown): object =>
  runInNewContext('({ prompt: "hi", abortSignal: signal })', { signal }) as object;

const SHAPES: [string, (signal: unknown) => object][] = [
  ['a literal', (abortSignal) => ({ prompt: 'hi', abortSignal })],
  ["a literal with core 2.x's name", (signal) => ({ prompt: 'hi', signal })],
  ['a literal of another realm', inOtherRealm],
  ['an instance of a class', (signal) => new ChatParams('hi', signal)],
  ['an instance of a class that names itself', (signal) => new NamedParams('hi', signal)],
  ['an instance with private fields', (signal) => new PrivateParams('hi', signal)],
  ['without a prototype', (abortSignal) => Object.assign(Object.create(null), { prompt: 'hi', abortSignal })],
  ['frozen', (abortSignal) => Object.freeze({ prompt: 'hi', abortSignal })],
];

describe("the user's abort ends the call at once, and no other provider is asked", () => {
  it.each(SHAPES)('with params that are %s', async (_, shape) => {
    await start(never);
    const controller = new AbortController();
    const answer = ask(shape(controller.signal));
    controller.abort(new Error('the user left'));
    await expect(answer).rejects.toThrow('the user left');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each([
    ['in the params', 0],
    ['in the params, the one for core 2.x', 1],
    ['in the streaming context', 2],
  ])('by the one of three signals that is %s', async (_, which) => {
    await start(never);
    const controllers = [new AbortController(), new AbortController(), new AbortController()] as const;
    const [abortSignal, signal, ofContext] = controllers.map((controller) => controller.signal);
    const context = { onStreamChunk: async () => {}, abortSignal: ofContext };
    const answer = runWithStreamingContext(context, () => ask({ prompt: 'hi', abortSignal, signal }));
    controllers[which as 0].abort(new Error('the user left'));
    await expect(answer).rejects.toThrow('the user left');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each([
    ['that removes listeners', { removes: true }],
    ['that cannot remove listeners', { removes: false }],
  ])('by the signal of a polyfill %s, beside one that never fires', async (_, names) => {
    await start(never);
    const { signal, abort } = polyfill(names);
    const answer = ask({ prompt: 'hi', abortSignal: signal, signal: new AbortController().signal });
    abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('by a signal of another realm that has fired before the call', async () => {
    let calls = 0;
    await start(() => ++calls);
    const signal = { ...polyfill().signal, aborted: true, reason: 'gone' };
    expect(await ask({ prompt: 'hi', abortSignal: signal }).catch((reason) => reason)).toBe('gone');
    expect(calls).toBe(0);
  });

  it('reaches the handler of the primary as an AbortSignal of its attempt', async () => {
    let seen: unknown;
    await start(({ abortSignal }) => {
      seen = abortSignal;
      return never();
    });
    const { signal, abort } = polyfill();
    const answer = ask({ prompt: 'hi', abortSignal: signal });
    abort();
    await answer.catch(() => {});
    expect(seen).toBeInstanceOf(AbortSignal);
    expect((seen as AbortSignal).aborted).toBe(true);
  });
});

describe('params of any shape', () => {
  it.each(SHAPES)('reach the primary and ElizaNet whole: %s', async (_, shape) => {
    const prompts: unknown[] = [];
    await start((params) => {
      prompts.push(params.prompt);
      throw statusError(503);
    });
    expect(await ask(shape(undefined))).toBe(ELIZANET_ANSWER);
    expect(prompts).toEqual(['hi']);
    expect(guarded.elizaNet.calls[0]?.body.messages).toMatchObject([{ content: 'hi' }]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('keep an own key named %s as a key', async (key) => {
    let seen: Record<string, unknown> = {};
    await start((params) => {
      seen = params;
      return 'mine';
    });
    const params = JSON.parse(`{"prompt":"hi","${key}":{"stream":true,"polluted":1}}`);
    expect(await ask(params)).toBe('mine');
    expect(Object.keys(seen)).toContain(key);
    expect(seen.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
  });

  it.each([
    ['revoked', () => revoked()],
    [
      'with a prompt that throws',
      () => ({
        get prompt() {
          throw new Error('no');
        },
      }),
    ],
    [
      'with a signal that throws',
      () => ({
        prompt: 'hi',
        get abortSignal() {
          throw new Error('no');
        },
      }),
    ],
  ])('reject the call instead of throwing when they are %s', async (_, params) => {
    await start(() => 'mine');
    let outcome: Promise<unknown> | undefined;
    expect(() => {
      outcome = ask(params());
    }).not.toThrow();
    await expect(outcome).rejects.toThrow();
  });

  const throws = () => {
    throw new Error('no');
  };

  it.each<[string, () => unknown]>([
    ['is a revoked proxy', revoked],
    ['cannot be read', () => Object.defineProperty({ addEventListener() {} }, 'aborted', { get: throws })],
    ['does not let its listener go', () => ({ aborted: false, addEventListener() {}, removeEventListener: throws })],
  ])('are answered though their signal %s', async (_, signal) => {
    let isUp = true;
    await start(() => (isUp ? 'mine' : Promise.reject(statusError(503))));
    expect(await ask({ prompt: 'hi', abortSignal: signal() })).toBe('mine');
    isUp = false;
    expect(await ask({ prompt: 'hi', abortSignal: signal() })).toBe(ELIZANET_ANSWER);
  });
});

describe('a cut stream is completed without a chunk of the second model', () => {
  it.each([
    ['a literal', () => ({ prompt: 'hi' })],
    ['an instance of a class', () => new ChatParams('hi')],
    ['an instance with private fields', () => new PrivateParams('hi')],
  ])('for params that are %s', async (_, shape) => {
    await start(() => textStream(['half '], { finishReason: 'unknown' }));
    const { chunks, onStreamChunk } = collector();
    const context = { onStreamChunk: async (chunk: string) => onStreamChunk(chunk) };
    const params = shape();
    const text = await runWithStreamingContext(context, () => ask(params));
    expect(text).toBe(ELIZANET_ANSWER);
    expect(chunks).toEqual(['half ']);
    expect(guarded.elizaNet.calls[0]?.body.messages).toMatchObject([{ content: 'hi' }]);
  });
});

describe('listeners for aborts', () => {
  it('that throw when their attempt loses end no process', async () => {
    const thrown: unknown[] = [];
    const note = (error: unknown) => void thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
    const heard: string[] = [];
    await start(
      ({ abortSignal }) => {
        const signal = abortSignal as AbortSignal;
        const removed = () => heard.push('removed');
        signal.addEventListener('abort', () => {
          heard.push('function');
          throw new Error('a listener that throws');
        });
        signal.addEventListener('abort', {
          handleEvent() {
            heard.push('object');
            throw new Error('an object that throws');
          },
        });
        signal.onabort = () => {
          heard.push('property');
          throw new Error('a property that throws');
        };
        signal.addEventListener('abort', removed);
        signal.removeEventListener('abort', removed);
        return never();
      },
      { ELIZANET_PRIMARY_TIMEOUT: 1 },
    );
    expect(await ask({ prompt: 'hi', abortSignal: new AbortController().signal })).toBe(ELIZANET_ANSWER);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note);
    for (const listener of others) process.on('uncaughtException', listener);
    expect(heard.sort()).toEqual(['function', 'object', 'property']);
    expect(thrown).toEqual([]);
  });

  it('of fifty calls on one signal cause no warning, and none is left', async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown) => void warnings.push(warning);
    process.on('warning', note);
    await start(() => new Promise((resolve) => setTimeout(() => resolve('mine'), 20)));
    const { signal, listeners } = polyfill();
    const native = new AbortController().signal;
    const calls = (params: object) => Array.from({ length: 50 }, () => ask(params));
    await Promise.all([...calls({ prompt: 'hi', abortSignal: signal }), ...calls({ prompt: 'hi', signal: native })]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
    expect(listeners.size).toBe(0);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
