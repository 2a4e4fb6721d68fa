import { AgentRuntime, type Plugin } from '@elizaos/core';
import { describe, expect, it } from 'vitest';
import plugin, { createElizaNetFallbackPlugin, elizaNetFallbackPlugin, isElizaNetError } from '../src/index.js';

const runtimeWith = (settings: Record<string, string>) =>
  new AgentRuntime({ character: { name: 'Test', bio: [], settings }, settings: {} });
const init = async (subject: Plugin, settings: Record<string, string>) => subject.init?.({}, runtimeWith(settings));

describe('the plugin', () => {
  it('has the lowest priority, and serves every model type of the specification', () => {
    expect(plugin).toBe(elizaNetFallbackPlugin);
    expect(plugin).toMatchObject({ name: 'elizanet-fallback', priority: -1 });
    for (const type of [
      'TEXT_SMALL',
      'TEXT_LARGE',
      'TEXT_EMBEDDING',
      'IMAGE',
      'OBJECT_SMALL',
      'OBJECT_LARGE',
      'TEXT_TOKENIZER_ENCODE',
      'TEXT_TOKENIZER_DECODE',
    ]) {
      expect(plugin.models).toHaveProperty(type);
    }
  });

  it('fails init with one error that names every invalid setting', async () => {
    const settings = { ELIZANET_TIMEOUT: 'soon', ELIZANET_BASE_URL: 'nowhere' };
    const error = await init(createElizaNetFallbackPlugin(), settings).catch((thrown) => thrown);
    expect(isElizaNetError(error)).toBe(true);
    expect(error.code).toBe('INVALID_CONFIGURATION');
    expect(error.message).toMatch(/ELIZANET_BASE_URL must be .*; ELIZANET_TIMEOUT must be /);
  });

  it('installs its guard once per runtime, even if initialised twice', async () => {
    const runtime = runtimeWith({});
    await plugin.init?.({}, runtime);
    const guarded = runtime.useModel;
    await plugin.init?.({}, runtime);
    expect(runtime.useModel).toBe(guarded);
    expect(Object.hasOwn(runtime, 'useModel')).toBe(true);
  });
});

describe('core 2.x', () => {
  it('disposes of it for a runtime that it was never initialised for', async () => {
    await createElizaNetFallbackPlugin().dispose(runtimeWith({}));
  });

  it('reads which setting names the model of a type, and what it is by default', () => {
    expect(plugin.modelMetadata.TEXT_EMBEDDING).toEqual({
      displayModelSettings: ['ELIZANET_EMBEDDING_MODEL'],
      displayModelDefault: 'text-embedding-3-small',
    });
    expect(Object.keys(plugin.models ?? {})).toEqual(
      expect.arrayContaining(Object.keys(plugin.modelMetadata).filter((type) => type !== 'TEXT_EMBEDDING_BATCH')),
    );
  });
});
