import type { IAgentRuntime } from '@elizaos/core';
import type { CacheStore } from './response-cache.js';

/** The agent's own database. */
export function storeIn(runtime: IAgentRuntime): CacheStore {
  return {
    read: (key) => runtime.getCache(key),
    write: (key, entry) => runtime.setCache(key, entry),
    remove: (key) => runtime.deleteCache(key),
  };
}
