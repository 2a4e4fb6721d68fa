import assert from 'node:assert/strict';
import { inClosedLab, type LabOptions } from './lab.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'decode what they encode': roundTrip({}),
  'work while the fallback is disabled': roundTrip({ settings: { ELIZANET_FALLBACK_ENABLED: false } }),
} satisfies Record<string, SuiteTest>;

function roundTrip(options: LabOptions): SuiteTest {
  return (host) =>
    inClosedLab(host, options, async ({ runtime, standIn }) => {
      const prompt = 'Grüße, 世界! A special token is plain text here: <|endoftext|>';
      const tokens = await runtime.useModel('TEXT_TOKENIZER_ENCODE', { prompt, modelType: 'TEXT_LARGE' });
      assert.ok(tokens.length > 5, 'Fewer tokens than words');
      const text = await runtime.useModel('TEXT_TOKENIZER_DECODE', { tokens, modelType: 'TEXT_LARGE' });
      assert.equal(text, prompt);
      assert.equal(standIn.requests.length, 0, 'A tokenizer made a request');
    });
}
