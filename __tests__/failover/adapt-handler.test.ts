import type { AgentRuntime, TextStreamResult } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  collector,
  createGuarded,
  ELIZANET_ANSWER,
  type Guarded,
  joined,
  primary,
  statusError,
  textStream,
} from '../../lab/guarded.js';
import type { HostRuntime } from '../../src/failover/core-compat.js';
import { createElizaNetFallbackPlugin, elizaNetFallbackPlugin } from '../../src/index.js';

let guarded: Guarded | undefined;
afterEach(() => guarded?.stop());

function entriesOf(runtime: AgentRuntime, modelType: string) {
  return (runtime as unknown as HostRuntime).models.get(modelType) ?? [];
}

describe('an adapted handler', () => {
  it('reads as the registered handler outside a call: core 2.x finds the models to unload by it', async () => {
    const plugin = primary({ TEXT_LARGE: () => 'The primary answers.' });
    guarded = await createGuarded({ plugins: [plugin] });
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    const [entry] = entriesOf(guarded.runtime, 'TEXT_LARGE');
    expect(entry?.handler).toBe(plugin.models?.TEXT_LARGE);
    expect({ ...entry }.handler).toBe(plugin.models?.TEXT_LARGE);
  });

  it('is adapted again when another handler replaces it, and the replacement stays after the stop', async () => {
    guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: () => 'The primary answers.' })] });
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi' });
    const [entry] = entriesOf(guarded.runtime, 'TEXT_LARGE');
    if (!entry) throw new Error('no entry');
    const other = async () => textStream([], { finishReason: 'error' });
    entry.handler = other as unknown as typeof entry.handler;
    const { chunks, onStreamChunk } = collector();
    expect(await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks.join('')).toBe(ELIZANET_ANSWER);
    await guarded.runtime.stop();
    expect(Object.getOwnPropertyDescriptor(entry, 'handler')?.value).toBe(other);
  });

  it('has its late rejections handled in a pinned call as well', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const stream = () => textStream([], { finishReason: Promise.reject(new Error('no output')) });
    guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: stream })] });
    // The first call adapts the handler.
    const first = await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', stream: true });
    // Read it: the stop waits for open streams.
    await joined((first as unknown as TextStreamResult).textStream);
    await guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', stream: true }, 'primary');
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('a replaced list of handlers', () => {
  it('is detected even with the same length, as after an unload and a load in core 2.x', async () => {
    guarded = await createGuarded({ plugins: [primary({ TEXT_LARGE: () => 'The first answers.' })] });
    const { runtime } = guarded;
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('The first answers.');
    const { models } = runtime as unknown as HostRuntime;
    models.set(
      'TEXT_LARGE',
      entriesOf(runtime, 'TEXT_LARGE').filter(({ provider }) => provider !== 'primary'),
    );
    runtime.registerModel('TEXT_LARGE', async () => Promise.reject(statusError(503)), 'second', 0);
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    runtime.registerModel('TEXT_LARGE', async () => 'The third answers.', 'third', 1);
    expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('The third answers.');
  });
});

it('a stopped plugin works again after init', async () => {
  const failing = primary({ TEXT_LARGE: () => Promise.reject(statusError(503)) });
  guarded = await createGuarded({ plugins: [failing] });
  const { runtime } = guarded;
  await runtime.stop();
  await expect(runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).rejects.toThrow('The provider says no');
  await createElizaNetFallbackPlugin().init?.({}, runtime);
  expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
});

it('[row 110] dispose leaves useModel, fetch and handlers as they were', async () => {
  const plugin = primary({ TEXT_LARGE: () => 'mine' });
  guarded = await createGuarded({ plugins: [plugin] });
  const { runtime } = guarded;
  expect(await runtime.useModel('TEXT_LARGE', { prompt: 'hi' })).toBe('mine');
  for (let times = 0; times < 2; times++) await elizaNetFallbackPlugin.dispose(runtime);
  expect(Object.hasOwn(runtime, 'useModel')).toBe(false);
  expect(runtime.fetch).toBe(globalThis.fetch);
  const [entry] = entriesOf(runtime, 'TEXT_LARGE');
  expect(entry && Object.getOwnPropertyDescriptor(entry, 'handler')?.value).toBe(plugin.models?.TEXT_LARGE);
});
