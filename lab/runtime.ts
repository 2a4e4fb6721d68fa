import { AgentRuntime, ModelType, type Plugin, type ServiceTypeName } from '@elizaos/core';
import { PROVIDER_NAME } from '../src/core/provider-name.js';
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
  const isCore1 = !('RESPONSE_HANDLER' in ModelType);
  const runtime = new AgentRuntime({
    character: { name, bio: [], system, settings, secrets },
    adapter,
    plugins: isCore1 ? plugins : [],
    // Otherwise core reads the environment of the machine, API keys included.
    settings: {},
  });
  options.prepare?.(runtime);
  if (isCore1) await runtime.initialize({ skipMigrations: true });
  else await startCore2(runtime, plugins);
  // Drop the embedding call with which core probes the vector width at start-up.
  logs.length = 0;
  return { runtime, logs, stop: () => runtime.stop() };
}

/** The database of core 2.x has another interface, so its `initialize` cannot be used: this is the part about plugins. */
async function startCore2(runtime: AgentRuntime, plugins: readonly Plugin[]): Promise<void> {
  for (const plugin of plugins) await runtime.registerPlugin(plugin);
  // Services wait for it.
  const initResolver: unknown = Reflect.get(runtime, 'initResolver');
  if (typeof initResolver === 'function') initResolver();
  Reflect.set(runtime, 'initResolver', undefined);
  await runtime.getServiceLoadPromise(PROVIDER_NAME as ServiceTypeName);
}
