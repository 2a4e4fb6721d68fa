import { DatabaseAdapter, type IDatabaseAdapter } from '@elizaos/core';

/** One entry of core's model log. */
export interface LoggedCall {
  provider: string;
  modelType: string;
  body: Record<string, unknown>;
}

/** Results that `initialize()` needs. Every other method resolves to undefined. */
const ANSWERS: Record<string, (...args: unknown[]) => unknown> = {
  isReady: () => true,
  getAgent: (id) => ({ id, name: 'Test', settings: {} }),
  getAgents: () => [],
  updateAgent: () => true,
  createAgent: () => true,
  getEntitiesByIds: () => [],
  createEntities: () => true,
  getParticipantsForRoom: () => [],
  addParticipantsRoom: () => true,
};

/**
 * A database that keeps only its cache, its rooms and core's log of model calls: enough for a real `AgentRuntime` to initialise
 * and work.
 */
export function createInMemoryAdapter(): { adapter: IDatabaseAdapter; logs: LoggedCall[] } {
  const logs: LoggedCall[] = [];
  const cache = new Map<string, unknown>();
  const rooms = new Map<string, { id: string }>();
  const own: Record<string, (...args: never[]) => unknown> = {
    log: ({ body, type }: { body: Record<string, unknown>; type: string }) => {
      if (type.startsWith('useModel:'))
        logs.push({ provider: String(body.provider), modelType: String(body.modelKey), body });
    },
    createRooms: (created: { id: string }[]) => {
      for (const room of created) rooms.set(room.id, room);
      return created.map(({ id }) => id);
    },
    getRoomsByIds: (ids: string[]) => ids.flatMap((id) => rooms.get(id) ?? []),
    getCache: (key: string) => cache.get(key),
    setCache: (key: string, value: unknown) => {
      cache.set(key, value);
      return true;
    },
  };
  const base = Object.create(DatabaseAdapter.prototype) as IDatabaseAdapter;
  const adapter = new Proxy(base, {
    get: (_, method) => {
      // core would await a thenable.
      if (typeof method !== 'string' || method === 'then') return undefined;
      const answer = (own[method] ?? ANSWERS[method]) as ((...args: unknown[]) => unknown) | undefined;
      return async (...args: unknown[]) => answer?.(...args);
    },
  });
  return { adapter, logs };
}
