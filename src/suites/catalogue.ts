import type { IAgentRuntime, TestSuite } from '@elizaos/core';

/** One test, given the runtime of the agent that `elizaos test` has started. */
export type SuiteTest = (host: IAgentRuntime) => Promise<void>;

/** A suite whose code is loaded when its first test runs: an agent never pays for it. */
function suite<const Name extends string>(
  name: string,
  names: readonly Name[],
  load: () => Promise<{ tests: Record<NoInfer<Name>, SuiteTest> }>,
): TestSuite {
  const fn = (test: Name) => async (host: IAgentRuntime) => (await load()).tests[test](host);
  return { name: `ElizaNet: ${name}`, tests: names.map((test) => ({ name: test, fn: fn(test) })) };
}

/**
 * The plugin's own tests: `elizaos test` runs them in the plugin's folder. By default they ask an embedded stand-in and
 * need nothing; with `ELIZANET_SUITE_LIVE=true` they ask the ElizaNet that the agent is set up with.
 */
export const suites: TestSuite[] = [
  suite(
    'configuration',
    [
      'should use default base URL when not configured',
      'should respect custom configuration',
      'should handle missing API key gracefully',
      'names every setting that cannot be used',
      "the agent's own settings can be used",
      "stands guard over the agent's own model calls",
    ],
    () => import('./configuration.js'),
  ),
  suite(
    'connection',
    [
      'should connect to ElizaNet API successfully',
      'should handle network timeouts gracefully',
      'should validate API responses correctly',
      'should emit usage events properly',
      'shows no key and no prompt in its log',
    ],
    () => import('./connection.js'),
  ),
  suite(
    'text',
    [
      'should generate text successfully',
      'should handle API errors gracefully',
      'should respect timeout settings',
      'serves every text type by its nearest model',
    ],
    () => import('./text.js'),
  ),
  suite(
    'streaming',
    ['delivers the answer in chunks', 'never passes a cut stream for a whole answer'],
    () => import('./streaming.js'),
  ),
  suite('objects', ['generates an object', 'refuses an answer that is no object'], () => import('./objects.js')),
  suite(
    'embeddings',
    [
      'should generate embeddings successfully',
      'should handle null input gracefully',
      'should return fallback vectors on API errors',
    ],
    () => import('./embeddings.js'),
  ),
  suite(
    'images',
    ['should generate images successfully', 'should handle API errors gracefully'],
    () => import('./images.js'),
  ),
  suite(
    'tokenizers',
    ['give back the text they were given', 'work while the plugin is switched off'],
    () => import('./tokenizers.js'),
  ),
  suite(
    'failover',
    [
      'answers for a provider that is rate limited',
      'answers for a provider whose stream brings nothing',
      'answers for a provider that returns its failure as an answer',
      'leaves an error that no other provider could help with as it is',
      'says in one error who was asked when nobody can answer',
    ],
    () => import('./failover.js'),
  ),
  suite(
    'breaker',
    ['leaves a failing provider alone', 'goes back to a provider that has recovered'],
    () => import('./breaker.js'),
  ),
  suite(
    'performance',
    [
      'should complete requests within timeout limits',
      'should handle concurrent requests efficiently',
      'should maintain stable memory usage',
    ],
    () => import('./performance.js'),
  ),
];
