import { AgentRuntime, type Plugin } from '@elizaos/core';
import { createInMemoryAdapter, type LoggedCall } from './in-memory-adapter.js';

export interface TestRuntime {
  runtime: AgentRuntime;
  /** core's log of model calls. */
  logs: LoggedCall[];
  stop(): Promise<void>;
}

export interface TestRuntimeOptions {
  plugins: Plugin[];
  settings?: Record<string, string | number | boolean>;
  secrets?: Record<string, string>;
  name?: string;
  system?: string;
  /** Changes the runtime before it is initialised. */
  prepare?(runtime: AgentRuntime): void;
}

/** A real, initialised `AgentRuntime` with its services started, on an in-memory database. */
export async function createRuntime(options: TestRuntimeOptions): Promise<TestRuntime> {
  const { plugins, settings = {}, secrets = {}, name = 'Test', system } = options;
  const { adapter, logs } = createInMemoryAdapter();
  const runtime = new AgentRuntime({
    character: { name, bio: [], system, settings, secrets },
    adapter,
    plugins,
    // Otherwise core reads the environment of the machine, API keys included.
    settings: {},
  });
  options.prepare?.(runtime);
  await runtime.initialize({ skipMigrations: true });
  // Drop the embedding call with which core probes the vector width at start-up.
  logs.length = 0;
  return { runtime, logs, stop: () => runtime.stop() };
}
