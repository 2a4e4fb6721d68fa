import { afterEach, describe, expect, it } from 'vitest';
import { collector, createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../lab/guarded.js';

/** The text types of core 1.7 and 2.0, and the model of ElizaNet that serves each: as the chains of core 2.0 end. */
const TYPES: [string, string][] = [
  ['TEXT_NANO', 'gpt-4o-mini'],
  ['TEXT_SMALL', 'gpt-4o-mini'],
  ['TEXT_MEDIUM', 'gpt-4o-mini'],
  ['TEXT_LARGE', 'gpt-4o'],
  ['TEXT_MEGA', 'gpt-4o'],
  ['RESPONSE_HANDLER', 'gpt-4o-mini'],
  ['ACTION_PLANNER', 'gpt-4o-mini'],
  ['REASONING_SMALL', 'gpt-4o-mini'],
  ['REASONING_LARGE', 'gpt-4o'],
  ['TEXT_COMPLETION', 'gpt-4o'],
];

let guarded: Guarded;

afterEach(() => guarded.stop());

describe('every type that generates text', () => {
  it.each(TYPES)('%s is served by %s when ElizaNet is the only provider, plain and streamed', async (type, model) => {
    guarded = await createGuarded({ plugins: [] });
    const { runtime, elizaNet, logs } = guarded;
    expect(await runtime.useModel(type as 'TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel(type as 'TEXT_SMALL', { prompt: 'hi', onStreamChunk })).toBe(ELIZANET_ANSWER);
    expect(chunks.length).toBeGreaterThan(1);
    expect(elizaNet.calls.map(({ body }) => body.model)).toEqual([model, model]);
    expect(logs.map(({ provider }) => provider)).toEqual(['elizanet-fallback', 'elizanet-fallback']);
  });

  it.each(TYPES)('%s is served by %s when a primary has it and fails', async (type, model) => {
    guarded = await createGuarded({ plugins: [primary({ [type]: () => Promise.reject(statusError(503)) })] });
    expect(await guarded.runtime.useModel(type as 'TEXT_SMALL', { prompt: 'hi' })).toBe(ELIZANET_ANSWER);
    expect(guarded.elizaNet.calls[0]?.body.model).toBe(model);
  });

  it.each(TYPES)('%s stays with a primary that has it', async (type) => {
    guarded = await createGuarded({ plugins: [primary({ [type]: () => 'mine' })] });
    expect(await guarded.runtime.useModel(type as 'TEXT_SMALL', { prompt: 'hi' })).toBe('mine');
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });
});
