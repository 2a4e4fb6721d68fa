import assert from 'node:assert/strict';
import { findInstance } from '../instances.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'should generate embeddings successfully': async (host) => {
    // `throw` shows the error of a failed call; `vector` would return a fallback vector.
    await inLab(host, { settings: { ELIZANET_EMBEDDING_ON_ERROR: 'throw' } }, async ({ runtime }) => {
      const wanted = findInstance(runtime)?.config.ELIZANET_EMBEDDING_DIMENSIONS;
      const vector = await runtime.useModel('TEXT_EMBEDDING', { text: 'A memory to store' });
      assert.equal(vector.length, wanted, 'The length of the vector is not ELIZANET_EMBEDDING_DIMENSIONS');
      assert.ok(
        vector.filter((component) => component !== 0).length > 1,
        'Embedding failed: this is a fallback vector',
      );
    });
  },

  'should handle null input gracefully': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      const vector = await runtime.useModel('TEXT_EMBEDDING', null);
      assert.deepEqual([vector.length, vector[0], vector[1]], [1536, 0.1, 0]);
      assert.equal(standIn.requests.length, 0, 'A request was made without a text to embed');
    });
  },

  'should return fallback vectors on API errors': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 500 };
      const vector = await runtime.useModel('TEXT_EMBEDDING', { text: 'A memory to store' });
      assert.deepEqual([vector.length, vector[0], vector[1]], [1536, 0.4, 0]);
    });
    await inClosedLab(host, { settings: { ELIZANET_EMBEDDING_ON_ERROR: 'throw' } }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 500 };
      const call = runtime.useModel('TEXT_EMBEDDING', { text: 'A memory to store' });
      await failureOf(call, 'ELIZANET_EMBEDDING_ON_ERROR=throw returned a vector');
    });
  },
} satisfies Record<string, SuiteTest>;
