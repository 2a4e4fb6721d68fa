import { systemClock } from '../../core/clock.js';
import type { CreateRedisClient } from './redis-client.js';
import { RedisStore, type RedisStoreDeps } from './redis-store.js';
import type { SharedStore } from './store.js';

/** One agent that uses a connection. */
export type StoreUser = Pick<RedisStoreDeps, 'onLost' | 'onConnected'>;

interface OpenStore {
  store: RedisStore;
  users: Set<StoreUser>;
}

/** By URL. The agents of a process share one connection: a host with many agents would run out of them. */
const openStores = new Map<string, OpenStore>();

/** @returns the process's store for that URL, and what ends this use of it; the last use closes the connection. */
export function useStore(
  url: string,
  createClient: CreateRedisClient,
  user: StoreUser,
): { store: SharedStore; leave: () => void } {
  const { store, users } = openStores.get(url) ?? openStore(url, createClient);
  users.add(user);
  const leave = () => {
    if (!users.delete(user) || users.size > 0) return;
    openStores.delete(url);
    store.close();
  };
  return { store, leave };
}

function openStore(url: string, createClient: CreateRedisClient): OpenStore {
  const users = new Set<StoreUser>();
  const store = new RedisStore({
    url,
    createClient,
    clock: systemClock,
    random: Math.random,
    onLost() {
      for (const user of users) user.onLost();
    },
    onConnected() {
      for (const user of users) user.onConnected();
    },
  });
  const opened = { store, users };
  openStores.set(url, opened);
  return opened;
}
