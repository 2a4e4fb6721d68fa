import assert from 'node:assert/strict';
import { AllProvidersFailedError } from '../core/failover-errors.js';
import { getLastAttempts } from '../service.js';
import type { SuiteTest } from './catalogue.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import { failWith, provider } from './providers.js';
import { ANSWER } from './stand-in.js';

export const tests = {
  'answers for a provider that is rate limited': async (host) => {
    const providers = [provider({ TEXT_LARGE: () => failWith(429) })];
    await inLab(host, { providers }, async ({ runtime, standIn }) => {
      const text = await runtime.useModel('TEXT_LARGE', { prompt: 'Say hello in one word.' });
      assert.ok(text, 'ElizaNet brought no text');
      if (standIn) assert.equal(text, ANSWER);
      assert.deepEqual(
        getLastAttempts(runtime).map(({ provider, outcome }) => [provider, outcome]),
        [
          ['suite-provider', 'failed'],
          ['elizanet-fallback', 'answered'],
        ],
      );
    });
  },

  'answers for a provider whose stream brings nothing': async (host) => {
    const providers = [provider({ TEXT_LARGE: emptyStream })];
    await inLab(host, { providers }, async ({ runtime }) => {
      const chunks: string[] = [];
      const onStreamChunk = (chunk: string) => void chunks.push(chunk);
      const text = await runtime.useModel('TEXT_LARGE', { prompt: 'Say hello in one word.', onStreamChunk });
      assert.ok(text, 'An empty stream passed for an answer');
      assert.equal(chunks.join(''), text);
    });
  },

  'answers for a provider that returns its failure as an answer': async (host) => {
    const madeUp = [0.6, ...Array(1535).fill(0)];
    const providers = [provider({ TEXT_EMBEDDING: () => madeUp })];
    const settings = { ELIZANET_EMBEDDING_ON_ERROR: 'throw' };
    await inLab(host, { providers, settings }, async ({ runtime }) => {
      const vector = await runtime.useModel('TEXT_EMBEDDING', { text: 'A memory to store' });
      assert.notDeepEqual(vector, madeUp, 'A made-up vector passed for an embedding');
    });
  },

  'leaves an error that no other provider could help with as it is': async (host) => {
    const bug = new TypeError('a bug of the caller');
    const throws = () => {
      throw bug;
    };
    await inClosedLab(host, { providers: [provider({ TEXT_LARGE: throws })] }, async ({ runtime, standIn }) => {
      const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }), 'A bug was answered');
      assert.equal(error, bug);
      assert.equal(standIn.requests.length, 0);
    });
  },

  'says in one error who was asked when nobody can answer': async (host) => {
    const providers = [provider({ TEXT_LARGE: () => failWith(429) })];
    await inClosedLab(host, { providers }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 503 };
      const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }), 'Nobody answered, and yet');
      assert.ok(error instanceof AllProvidersFailedError, `Not one error for all: ${error.name}`);
      assert.match(error.message, /suite-provider rate_limit 429 .* → elizanet-fallback server 503/);
    });
  },
} satisfies Record<string, SuiteTest>;

/** As AI SDK providers fail: no text, and a finish that says something went wrong. */
function emptyStream() {
  async function* nothing(): AsyncGenerator<string> {}
  return {
    textStream: nothing(),
    text: Promise.resolve(''),
    usage: Promise.resolve(undefined),
    finishReason: Promise.resolve('error'),
  };
}
