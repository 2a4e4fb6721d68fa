import type { IAgentRuntime } from '@elizaos/core';
import { ElizaNetInstance, type InstanceOptions } from './instance.js';

const instances = new WeakMap<IAgentRuntime, ElizaNetInstance>();

/**
 * Makes what the plugin holds for a runtime, at its `init`. A plugin that core 2.x has unloaded may be loaded again.
 * @throws {ConfigurationError} when a setting cannot be used.
 */
export function initInstance(runtime: IAgentRuntime, options?: InstanceOptions): ElizaNetInstance {
  if (instances.get(runtime)?.closed) instances.delete(runtime);
  return openInstance(runtime, options);
}

/**
 * What the plugin holds for a runtime; made here when a handler was called before `init`.
 * @throws {ConfigurationError} when a setting cannot be used.
 */
export function openInstance(runtime: IAgentRuntime, options?: InstanceOptions): ElizaNetInstance {
  let instance = instances.get(runtime);
  if (!instance) {
    instance = new ElizaNetInstance(runtime, options);
    instances.set(runtime, instance);
  }
  return instance;
}

/** What the plugin holds for a runtime, when it was initialised there. */
export function findInstance(runtime: IAgentRuntime): ElizaNetInstance | undefined {
  return instances.get(runtime);
}
