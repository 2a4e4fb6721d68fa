import assert from 'node:assert/strict';
import { UpstreamStatusError } from '../core/errors.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'should generate images successfully': async (host) => {
    await inLab(host, {}, async ({ runtime }) => {
      const [image] = await runtime.useModel('IMAGE', { prompt: 'A lighthouse in a storm' });
      assert.match(image?.url ?? '', /^(?:https?|data):/, 'The image has no URL');
    });
  },

  'should handle API errors gracefully': async (host) => {
    await inClosedLab(host, {}, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 429 };
      const error = await failureOf(runtime.useModel('IMAGE', { prompt: 'A lighthouse' }), 'A 429 did not fail');
      assert.ok(error instanceof UpstreamStatusError, `Not reported as a failed request: ${error.name}`);
      assert.equal(error.kind, 'rate_limit');
    });
  },
} satisfies Record<string, SuiteTest>;
