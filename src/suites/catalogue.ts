import type { IAgentRuntime, TestSuite } from '@elizaos/core';
import { newerBuild } from './newer-build.js';
import type { CreatePlugin, SuiteTest } from './suite-test.js';

/** A suite whose code is loaded when its first test runs, so an agent never loads it. */
function suite<const Name extends string>(
  createPlugin: CreatePlugin,
  name: string,
  names: readonly Name[],
  load: () => Promise<{ tests: Record<NoInfer<Name>, SuiteTest> }>,
): TestSuite {
  const own = `ElizaNet: ${name}`;
  const tests: TestSuite['tests'] = names.map((test) => ({
    name: test,
    fn: async (runtime: IAgentRuntime) => {
      const newer = await newerBuild();
      if (!newer) return (await load()).tests[test]({ runtime, createPlugin });
      const inNewer = newer.tests?.find(({ name }) => name === own)?.tests.find(({ name }) => name === test);
      if (!inNewer || tests.includes(inNewer))
        throw new Error('The package was built meanwhile: run the command again');
      return inNewer.fn(runtime);
    },
  }));
  return { name: own, tests };
}

/**
 * The plugin's own tests, run by `elizaos test`. By default they call an embedded stand-in server and need neither key
 * nor network; with `ELIZANET_SUITE_LIVE=true` they call the ElizaNet that the agent is configured with.
 */
export function suitesOf(createPlugin: CreatePlugin): TestSuite[] {
  return [
    suite(
      createPlugin,
      'configuration',
      [
        'should use default base URL when not configured',
        'should respect custom configuration',
        'should handle missing API key gracefully',
        'reports every invalid setting',
        "accepts the agent's own settings",
        "fails over the agent's own model calls",
      ],
      () => import('./configuration.js'),
    ),
    suite(
      createPlugin,
      'connection',
      [
        'should connect to ElizaNet API successfully',
        'should handle network timeouts gracefully',
        'should validate API responses correctly',
        'should emit usage events properly',
        'logs no key and no prompt',
      ],
      () => import('./connection.js'),
    ),
    suite(
      createPlugin,
      'text',
      [
        'should generate text successfully',
        'should handle API errors gracefully',
        'should respect timeout settings',
        'maps other text types to the small or large model',
      ],
      () => import('./text.js'),
    ),
    suite(
      createPlugin,
      'streaming',
      ['delivers the answer in chunks', 'rejects a call whose stream is cut'],
      () => import('./streaming.js'),
    ),
    suite(
      createPlugin,
      'objects',
      ['generates an object', 'rejects an answer that is not JSON'],
      () => import('./objects.js'),
    ),
    suite(
      createPlugin,
      'embeddings',
      [
        'should generate embeddings successfully',
        'should handle null input gracefully',
        'should return fallback vectors on API errors',
      ],
      () => import('./embeddings.js'),
    ),
    suite(
      createPlugin,
      'images',
      ['should generate images successfully', 'should handle API errors gracefully'],
      () => import('./images.js'),
    ),
    suite(
      createPlugin,
      'tokenizers',
      ['decode what they encode', 'work while the fallback is disabled'],
      () => import('./tokenizers.js'),
    ),
    suite(
      createPlugin,
      'failover',
      [
        'answers when the provider is rate limited',
        'answers when the stream of the provider is empty',
        'answers when the provider returns a placeholder vector',
        'rethrows an error that does not fail over',
        'lists every attempt in one error when all providers fail',
      ],
      () => import('./failover.js'),
    ),
    suite(
      createPlugin,
      'breaker',
      ['does not call a provider while its circuit is open', 'calls a provider again once it has recovered'],
      () => import('./breaker.js'),
    ),
    suite(
      createPlugin,
      'performance',
      [
        'should complete requests within timeout limits',
        'should handle concurrent requests efficiently',
        'should maintain stable memory usage',
      ],
      () => import('./performance.js'),
    ),
  ];
}
