import type { IAgentRuntime } from '@elizaos/core';
import type { Fleet } from '../../chain/shared/join-fleet.js';
import type { CacheStore } from './response-cache.js';

/** The agent's own database. */
export function storeIn(runtime: IAgentRuntime): CacheStore {
  return {
    read: (key) => runtime.getCache(key),
    write: (key, entry) => runtime.setCache(key, entry),
    remove: (key) => runtime.deleteCache(key),
  };
}

/** The Redis of a fleet, once this agent has joined it. */
export function storeAmong(fleet: () => Pick<Fleet, 'answers'> | undefined): CacheStore {
  return {
    read: async (key) => fleet()?.answers.read(key),
    write: async (key, entry) => fleet()?.answers.write(key, entry),
    remove: async (key) => fleet()?.answers.remove(key),
  };
}
