import assert from 'node:assert/strict';
import { failureOf, inClosedLab, inLab } from './lab.js';
import { ANSWER } from './stand-in.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'delivers the answer in chunks': async (host) => {
    await inLab(host, {}, async ({ runtime, standIn }) => {
      const chunks: string[] = [];
      const onStreamChunk = (chunk: string) => void chunks.push(chunk);
      const text = await runtime.useModel('TEXT_LARGE', { prompt: 'Count from one to ten, in words.', onStreamChunk });
      assert.ok(chunks.length > 1, 'The answer came in one chunk: ElizaNet, or a proxy before it, does not stream');
      assert.equal(chunks.join(''), text);
      if (standIn) assert.equal(text, ANSWER);
    });
  },

  'rejects a call whose stream is cut': async (host) => {
    const settings = { ELIZANET_ON_INTERRUPTED: 'throw' };
    await inClosedLab(host, { settings }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'cut' };
      const call = runtime.useModel('TEXT_LARGE', { prompt: 'Hello', onStreamChunk: () => {} });
      await failureOf(call, 'A cut stream was accepted as a complete answer');
    });
  },
} satisfies Record<string, SuiteTest>;
