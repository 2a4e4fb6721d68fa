import { createRuntime, type TestRuntime } from '../../../lab/runtime.js';
import { HEALTHY } from '../../../lab/stand-in/fault.js';
import { type StandIn, type StandInOptions, startStandIn } from '../../../lab/stand-in/server.js';
import elizaNet from '../../../src/index.js';
import { type LiteLLM, startLiteLLM } from './proxy.js';

/** A LiteLLM whose only provider is a stand-in, and an agent whose only provider is a LiteLLM. */
export interface OneProvider {
  readonly provider: StandIn;
  readonly litellm: LiteLLM;
  /** The bodies of the calls that the provider has received. */
  received(): Record<string, unknown>[];
  /**
   * Starts an agent, and stops the one before.
   * @param options.model its small model. @default 'upstream-ok'
   * @param options.url of another LiteLLM with the same key
   */
  startAgent(options?: { model?: string; url?: string }): Promise<TestRuntime['runtime']>;
  /** Stops the agent, makes the provider healthy and forgets its calls. */
  reset(): Promise<void>;
  /** Stops everything. */
  stop(): Promise<void>;
}

/** @param options of the provider */
export async function startOneProvider(options?: StandInOptions): Promise<OneProvider> {
  const provider = await startStandIn(options);
  const litellm = await startLiteLLM({ upstreamUrl: provider.url, masterKey: 'sk-master-of-the-tests' });
  let agent: TestRuntime | undefined;
  const stopAgent = async () => {
    await agent?.stop();
    agent = undefined;
  };
  return {
    provider,
    litellm,
    received: () => provider.calls.map(({ body }) => body),
    async startAgent({ model = 'upstream-ok', url = litellm.url } = {}) {
      await stopAgent();
      agent = await createRuntime({
        plugins: [elizaNet],
        settings: { ELIZANET_BASE_URL: url, ELIZANET_SMALL_MODEL: model },
        secrets: { ELIZANET_API_KEY: litellm.key },
      });
      return agent.runtime;
    },
    async reset() {
      await stopAgent();
      provider.fault = HEALTHY;
      provider.requests.length = 0;
    },
    async stop() {
      await stopAgent();
      await litellm.stop();
      await provider.close();
    },
  };
}
