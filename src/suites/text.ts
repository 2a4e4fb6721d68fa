import assert from 'node:assert/strict';
import { ProviderTimeoutError, UpstreamStatusError } from '../core/errors.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import { ANSWER } from './stand-in.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'should generate text successfully': async (host) => {
    await inLab(host, {}, async ({ runtime, standIn }) => {
      for (const modelType of ['TEXT_SMALL', 'TEXT_LARGE'] as const) {
        const text = await runtime.useModel(modelType, { prompt: 'Say hello in one word.' });
        assert.ok(typeof text === 'string' && text !== '', `${modelType} returned no text`);
        if (standIn) assert.equal(text, ANSWER);
      }
    });
  },

  'should handle API errors gracefully': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 500 };
      const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }), 'A 500 did not fail');
      assert.ok(error instanceof UpstreamStatusError, `Not reported as a failed request: ${error.name}`);
      assert.equal(error.statusCode, 500);
    });
  },

  'should respect timeout settings': async (host) => {
    await inClosedLab(host, { settings: { ELIZANET_TIMEOUT: 60 } }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'hang' };
      const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }), 'A hang did not fail');
      assert.ok(error instanceof ProviderTimeoutError, `Not reported as a timeout: ${error.name}`);
      assert.equal(error.timeoutMs, 60);
    });
  },

  'maps other text types to the small or large model': async (host) => {
    const settings = { ELIZANET_SMALL_MODEL: 'small', ELIZANET_LARGE_MODEL: 'large' };
    await inClosedLab(host, { settings }, async ({ runtime, standIn }) => {
      const useModel = runtime.useModel as (modelType: string, params: object) => Promise<unknown>;
      await useModel('TEXT_REASONING_SMALL', { prompt: 'Hello' });
      await useModel('TEXT_REASONING_LARGE', { prompt: 'Hello' });
      assert.deepEqual(
        standIn.requests.map(({ body }) => body.model),
        ['small', 'large'],
      );
    });
  },
} satisfies Record<string, SuiteTest>;
