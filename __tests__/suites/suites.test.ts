import type { IAgentRuntime, TestSuite } from '@elizaos/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type TestRuntime } from '../../lab/runtime.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import elizaNet from '../../src/index.js';

const suites = elizaNet.tests ?? [];
const byName = suites.map((suite): [string, TestSuite] => [suite.name, suite]);

/** As in `elizaos test`: an agent with only this plugin and no settings. */
describe.each(byName)('%s', (_, { tests }) => {
  let agent: TestRuntime;
  beforeAll(async () => {
    agent = await createRuntime({ plugins: [elizaNet] });
  });
  afterAll(() => agent.stop());

  it.each(tests.map(({ name, fn }): [string, typeof fn] => [name, fn]))('%s', async (_, fn) => {
    const before = modelsOf(agent.runtime);
    await fn(agent.runtime);
    expect(modelsOf(agent.runtime)).toEqual(before);
    expect(agent.logs.filter(({ modelType }) => !modelType.startsWith('ELIZANET_SUITE_'))).toEqual([]);
  });
});

describe('with ELIZANET_SUITE_LIVE', () => {
  let elizaNetServer: StandIn;
  let agent: TestRuntime;
  beforeAll(async () => {
    elizaNetServer = await startStandIn();
    agent = await liveAgent(elizaNetServer.url);
  });
  afterAll(async () => {
    await agent.stop();
    await elizaNetServer.close();
  });

  it.each([
    ['connection', 'should connect to ElizaNet API successfully', 4],
    ['text', 'should generate text successfully', 2],
    ['streaming', 'delivers the answer in chunks', 1],
    ['objects', 'generates an object', 2],
    ['embeddings', 'should generate embeddings successfully', 1],
    ['images', 'should generate images successfully', 1],
    ['failover', 'answers when the provider is rate limited', 1],
    ['failover', 'answers when the stream of the provider is empty', 1],
    ['failover', 'answers when the provider returns a placeholder vector', 1],
    ['performance', 'should complete requests within timeout limits', 1],
  ])('%s: %s, calls the configured ElizaNet', async (suite, test, requests) => {
    elizaNetServer.requests.length = 0;
    await run(suite, test, agent.runtime);
    expect(elizaNetServer.requests.length).toBe(requests);
  });

  it('does not call it in tests that need a failing upstream', async () => {
    elizaNetServer.requests.length = 0;
    await run('breaker', 'does not call a provider while its circuit is open', agent.runtime);
    expect(elizaNetServer.requests).toEqual([]);
  });

  it('reports a misconfiguration and how to fix it', async () => {
    elizaNetServer.fault = { kind: 'status', status: 401 };
    try {
      const words = /key: not set, but required \(401\)\. Set ELIZANET_API_KEY/;
      await expect(run('connection', 'should connect to ElizaNet API successfully', agent.runtime)).rejects.toThrow(
        words,
      );
    } finally {
      elizaNetServer.fault = { kind: 'none' };
    }
  });

  it('reports vectors of the wrong width', async () => {
    const narrow = await liveAgent(elizaNetServer.url, { ELIZANET_EMBEDDING_DIMENSIONS: 3072 });
    const words =
      /embedding: text-embedding-3-small \(ELIZANET_EMBEDDING_MODEL\): gives 1536 dimensions, ELIZANET_EMBEDDING_DIMENSIONS is 3072/;
    await expect(run('connection', 'should connect to ElizaNet API successfully', narrow.runtime)).rejects.toThrow(
      words,
    );
    await narrow.stop();
  });
});

describe('in an agent without failover', () => {
  it('reports that calls do not fail over', async () => {
    const bare = await createRuntime({ plugins: [] });
    const words = "the agent's calls do not fail over";
    await expect(run('configuration', "fails over the agent's own model calls", bare.runtime)).rejects.toThrow(words);
    expect(modelsOf(bare.runtime)).toEqual([]);
    await bare.stop();
  });

  it('reports that the fallback is disabled', async () => {
    const off = await createRuntime({ plugins: [elizaNet], settings: { ELIZANET_FALLBACK_ENABLED: false } });
    const words = 'ELIZANET_FALLBACK_ENABLED is false';
    await expect(run('configuration', "fails over the agent's own model calls", off.runtime)).rejects.toThrow(words);
    await off.stop();
  });
});

it('the catalogue lists exactly the tests of the suites', async () => {
  const modules = await Promise.all(
    suites.map(({ name }) => import(`../../src/suites/${name.replace('ElizaNet: ', '')}.ts`)),
  );
  expect(suites.map(({ tests }) => tests.map(({ name }) => name))).toEqual(
    modules.map(({ tests }) => Object.keys(tests)),
  );
});

async function run(suite: string, test: string, runtime: IAgentRuntime): Promise<void> {
  const found = suites.find(({ name }) => name === `ElizaNet: ${suite}`)?.tests.find(({ name }) => name === test);
  if (!found) throw new Error(`no test "${test}" in "${suite}"`);
  await found.fn(runtime);
}

function liveAgent(url: string, settings: Record<string, string | number> = {}): Promise<TestRuntime> {
  return createRuntime({
    plugins: [elizaNet],
    settings: { ELIZANET_BASE_URL: url, ELIZANET_SUITE_LIVE: true, ...settings },
  });
}

function modelsOf(runtime: IAgentRuntime): [string, unknown][] {
  return [...(runtime as IAgentRuntime & { models: Map<string, unknown> }).models];
}
