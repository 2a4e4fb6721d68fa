import assert from 'node:assert/strict';
import type { IAgentRuntime } from '@elizaos/core';
import { ConfigurationError } from '../core/errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { resolveConfig } from '../resolve-config.js';
import type { SettingsSource } from '../settings-source.js';
import { failureOf, inClosedLab } from './lab.js';
import { failWith } from './providers.js';
import type { SuiteTest } from './suite-test.js';

/** Settings of a runtime that sets nothing. */
const NOTHING: SettingsSource = { getSetting: () => null };

export const tests = {
  'should use default base URL when not configured': async () => {
    const { config } = resolveConfig(NOTHING, {});
    assert.equal(config.ELIZANET_BASE_URL, 'http://elizanet.up.railway.app');
  },

  'should respect custom configuration': async (host) => {
    const settings = { ELIZANET_LARGE_MODEL: 'my-own-model' };
    await inClosedLab(host, { settings, secrets: { ELIZANET_API_KEY: 'sk-suite' } }, async ({ runtime, standIn }) => {
      await runtime.useModel('TEXT_LARGE', { prompt: 'Hello' });
      const [request] = standIn.requests;
      assert.ok(request, 'The call did not go to ELIZANET_BASE_URL');
      assert.equal(request.body.model, 'my-own-model');
      assert.equal(request.headers.authorization, 'Bearer sk-suite');
    });
  },

  'should handle missing API key gracefully': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      await runtime.useModel('TEXT_SMALL', { prompt: 'Hello' });
      assert.equal(standIn.requests[0]?.headers.authorization, undefined);
    });
  },

  'reports every invalid setting': async (host) => {
    const settings = { ELIZANET_TIMEOUT: 'soon', ELIZANET_FALLBACK_ON: 'everything' };
    const error = await failureOf(
      inClosedLab(host, { settings }, async () => {}),
      'Invalid settings were accepted',
    );
    assert.ok(error instanceof ConfigurationError, `Not a ConfigurationError: ${error.name}`);
    assert.deepEqual(
      error.problems.map((problem) => problem.split(' ')[0]),
      ['ELIZANET_TIMEOUT', 'ELIZANET_FALLBACK_ON'],
    );
  },

  "accepts the agent's own settings": async ({ runtime }) => {
    resolveConfig(runtime);
  },

  "fails over the agent's own model calls": async ({ runtime }) => {
    assert.ok(
      resolveConfig(runtime).config.ELIZANET_FALLBACK_ENABLED,
      'ELIZANET_FALLBACK_ENABLED is false: the agent has no failover',
    );
    // A model type of its own, so that the test calls neither the agent's models nor the network.
    const modelType = `ELIZANET_SUITE_${Date.now()}`;
    runtime.registerModel(modelType, async () => failWith(503), 'suite-failing', 1);
    runtime.registerModel(modelType, async () => 'the next provider', 'suite-answering', 0);
    try {
      const answer = await (runtime.useModel as (type: string, params: object) => Promise<unknown>)(modelType, {});
      assert.equal(answer, 'the next provider');
    } catch (error) {
      assert.fail(`${PROVIDER_NAME} is loaded, but the agent's calls do not fail over: ${error}`);
    } finally {
      (runtime as IAgentRuntime & { models: Map<string, unknown> }).models.delete(modelType);
    }
  },
} satisfies Record<string, SuiteTest>;
