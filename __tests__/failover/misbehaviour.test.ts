import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuarded, primary } from '../../lab/guarded.js';
import { MISBEHAVIOUR } from '../../lab/misbehaviour.js';
import type { Fault } from '../../lab/stand-in/fault.js';

/** Far above the limits that the settings below set, for a loaded machine. */
const BOUND_MS = 10_000;

const ELIZANET_FAULTS: Fault[] = [
  { kind: 'none' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
  { kind: 'status', status: 401 },
  { kind: 'drop' },
  { kind: 'hang' },
  { kind: 'garbage' },
  { kind: 'cut' },
  { kind: 'stall' },
  { kind: 'error-event' },
  { kind: 'empty-stream', finish: true },
];

const settings = {
  ELIZANET_PRIMARY_TIMEOUT: 150,
  ELIZANET_TIMEOUT: 200,
  ELIZANET_HEDGE_AFTER: 50,
};

/** How a caller may take a text. */
const CALLERS: Record<string, (useModel: (params: object) => Promise<unknown>) => Promise<unknown>> = {
  plain: (useModel) => useModel({ prompt: 'hi' }),
  'by callback': (useModel) => useModel({ prompt: 'hi', onStreamChunk: () => {} }),
  'as a stream, read': async (useModel) => {
    const result = (await useModel({ prompt: 'hi', stream: true })) as { textStream?: AsyncIterable<string> };
    let text = '';
    for await (const piece of result.textStream ?? []) text += piece;
    return text;
  },
  'as a stream, its text': async (useModel) =>
    ((await useModel({ prompt: 'hi', stream: true })) as { text?: Promise<string> }).text,
  'as a stream, broken off': async (useModel) => {
    const result = (await useModel({ prompt: 'hi', stream: true })) as { textStream?: AsyncIterable<string> };
    for await (const _ of result.textStream ?? []) break;
  },
  aborted: (useModel) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('not wanted')), 20);
    return useModel({ prompt: 'hi', abortSignal: controller.signal });
  },
};

describe('any misbehaviour of a provider', () => {
  it('lets every call settle within its bound, and leaves no listener on a signal that lives on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(MISBEHAVIOUR)),
        fc.constantFrom(...ELIZANET_FAULTS),
        fc.constantFrom(...Object.keys(CALLERS)),
        async (name, fault, caller) => {
          const guarded = await createGuarded({
            plugins: [primary({ TEXT_LARGE: MISBEHAVIOUR[name] as (params: object) => unknown })],
            settings,
          });
          guarded.elizaNet.fault = fault;
          const lasting = countedSignal();
          try {
            let result: unknown;
            const useModel = async (params: object) => {
              result = await guarded.runtime.useModel('TEXT_LARGE', { signal: lasting.signal, ...params } as never);
              return result;
            };
            const call = CALLERS[caller] as (useModel: (params: object) => Promise<unknown>) => Promise<unknown>;
            let timer: NodeJS.Timeout | undefined;
            const bound = new Promise((resolve) => {
              timer = setTimeout(() => resolve('unsettled'), BOUND_MS);
            });
            const outcome = await Promise.race([
              call(useModel).then(
                () => 'answered',
                () => 'failed',
              ),
              bound,
            ]);
            clearTimeout(timer);
            expect(outcome).not.toBe('unsettled');
            // A handler may stream though it was not asked to, and its caller never looks at the stream.
            if (isStream(result)) await result.textStream.return(undefined);
            expect(lasting.count()).toBe(0);
          } finally {
            await guarded.stop();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

function isStream(result: unknown): result is { textStream: AsyncGenerator<string> } {
  const { textStream } = (result ?? {}) as { textStream?: { return?: unknown } };
  return typeof textStream?.return === 'function';
}

/** A signal that counts its listeners. */
function countedSignal() {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(type: string, listener: () => void, options?: { once?: boolean }) {
      listeners.add(listener);
      addEventListener.call(signal, type, listener, options);
    },
    removeEventListener(type: string, listener: () => void) {
      listeners.delete(listener);
      removeEventListener.call(signal, type, listener);
    },
  });
  return { signal, count: () => listeners.size };
}
