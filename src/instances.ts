import type { IAgentRuntime } from '@elizaos/core';
import { ElizaNetInstance, type InstanceOptions } from './instance.js';

const instances = new WeakMap<IAgentRuntime, ElizaNetInstance>();

/**
 * The instance of a runtime, at the plugin's `init`. Replaces a closed one: core 2.x can unload a plugin and load it again.
 * @throws {ConfigurationError} when a setting is invalid.
 */
export function initInstance(runtime: IAgentRuntime, options?: InstanceOptions): ElizaNetInstance {
  if (instances.get(runtime)?.closed) instances.delete(runtime);
  return openInstance(runtime, options);
}

/**
 * The instance of a runtime; created if there is none, as when a handler is called before `init`.
 * @throws {ConfigurationError} when a setting is invalid.
 */
export function openInstance(runtime: IAgentRuntime, options?: InstanceOptions): ElizaNetInstance {
  let instance = instances.get(runtime);
  if (!instance) {
    instance = new ElizaNetInstance(runtime, options);
    instances.set(runtime, instance);
  }
  return instance;
}

/** The instance of a runtime; undefined if the plugin was not initialised there. */
export function findInstance(runtime: IAgentRuntime): ElizaNetInstance | undefined {
  return instances.get(runtime);
}
