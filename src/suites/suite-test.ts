import type { IAgentRuntime, Plugin } from '@elizaos/core';
import type { Clock } from '../core/clock.js';

/** Makes the plugin under test. Passed in, so that the suites, which are part of the plugin, do not import it. */
export type CreatePlugin = (options: { clock: Clock; env: NodeJS.ProcessEnv }) => Plugin;

/** Where the suites run. */
export interface SuiteHost {
  /** The runtime of the agent that `elizaos test` started. */
  runtime: IAgentRuntime;
  createPlugin: CreatePlugin;
}

/** One test. */
export type SuiteTest = (host: SuiteHost) => Promise<void>;
