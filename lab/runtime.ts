import { AgentRuntime, type Plugin } from '@elizaos/core';
import { createInMemoryAdapter, type LoggedCall } from './in-memory-adapter.js';

export interface TestRuntime {
  runtime: AgentRuntime;
  /** What core wrote into the agent's log about model calls. */
  logs: LoggedCall[];
  stop(): Promise<void>;
}

export interface TestRuntimeOptions {
  plugins: Plugin[];
  settings?: Record<string, string | number | boolean>;
  secrets?: Record<string, string>;
  name?: string;
  system?: string;
}

/** A real runtime of the real core, initialised, with its services started, on a database that forgets. */
export async function createRuntime(options: TestRuntimeOptions): Promise<TestRuntime> {
  const { plugins, settings = {}, secrets = {}, name = 'Test', system } = options;
  const { adapter, logs } = createInMemoryAdapter();
  const runtime = new AgentRuntime({
    character: { name, bio: [], system, settings, secrets },
    adapter,
    plugins,
    // Without this core would read the machine's own environment, keys included.
    settings: {},
  });
  await runtime.initialize({ skipMigrations: true });
  // Its own probe of the embedding width, at the start, is no business of the tests.
  logs.length = 0;
  return { runtime, logs, stop: () => runtime.stop() };
}
