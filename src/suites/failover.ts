import assert from 'node:assert/strict';
import { AllProvidersFailedError } from '../core/failover-errors.js';
import { getLastAttempts } from '../service.js';
import { failureOf, inClosedLab, inLab } from './lab.js';
import { failWith, provider } from './providers.js';
import { ANSWER } from './stand-in.js';
import type { SuiteTest } from './suite-test.js';

export const tests = {
  'answers when the provider is rate limited': async (host) => {
    const providers = [provider({ TEXT_LARGE: () => failWith(429) })];
    await inLab(host, { providers }, async ({ runtime, standIn }) => {
      const text = await runtime.useModel('TEXT_LARGE', { prompt: 'Say hello in one word.' });
      assert.ok(text, 'ElizaNet returned no text');
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

  'answers when the stream of the provider is empty': async (host) => {
    const providers = [provider({ TEXT_LARGE: emptyStream })];
    await inLab(host, { providers }, async ({ runtime }) => {
      const chunks: string[] = [];
      const onStreamChunk = (chunk: string) => void chunks.push(chunk);
      const text = await runtime.useModel('TEXT_LARGE', { prompt: 'Say hello in one word.', onStreamChunk });
      assert.ok(text, 'An empty stream was accepted as an answer');
      assert.equal(chunks.join(''), text);
    });
  },

  'answers when the provider returns a placeholder vector': async (host) => {
    const placeholder = [0.6, ...Array(1535).fill(0)];
    const providers = [provider({ TEXT_EMBEDDING: () => placeholder })];
    const settings = { ELIZANET_EMBEDDING_ON_ERROR: 'throw' };
    await inLab(host, { providers, settings }, async ({ runtime }) => {
      const vector = await runtime.useModel('TEXT_EMBEDDING', { text: 'A memory to store' });
      assert.notDeepEqual(vector, placeholder, 'A placeholder vector was accepted as an embedding');
    });
  },

  'rethrows an error that does not fail over': async (host) => {
    const bug = new TypeError('a bug in the caller');
    const throws = () => {
      throw bug;
    };
    await inClosedLab(host, { providers: [provider({ TEXT_LARGE: throws })] }, async ({ runtime, standIn }) => {
      const error = await failureOf(runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }), 'A TypeError failed over');
      assert.equal(error, bug);
      assert.equal(standIn.requests.length, 0);
    });
  },

  'lists every attempt in one error when all providers fail': async (host) => {
    const providers = [provider({ TEXT_LARGE: () => failWith(429) })];
    await inClosedLab(host, { providers }, async ({ runtime, standIn }) => {
      standIn.fault = { kind: 'status', status: 503 };
      const error = await failureOf(
        runtime.useModel('TEXT_LARGE', { prompt: 'Hello' }),
        'All providers failed, but the call did not',
      );
      assert.ok(error instanceof AllProvidersFailedError, `Not an AllProvidersFailedError: ${error.name}`);
      assert.match(error.message, /suite-provider rate_limit 429 .* → elizanet-fallback server 503/);
    });
  },
} satisfies Record<string, SuiteTest>;

/** A failed stream as the AI SDK returns it: no text, finish reason 'error'. */
function emptyStream() {
  async function* nothing(): AsyncGenerator<string> {}
  return {
    textStream: nothing(),
    text: Promise.resolve(''),
    usage: Promise.resolve(undefined),
    finishReason: Promise.resolve('error'),
  };
}
