import type { SharedStore } from '../src/chain/shared/store.js';
import type { Clock } from '../src/core/clock.js';

export interface FakeStore extends SharedStore {
  /** While true, it drops everything. */
  isDown: boolean;
  /** All names of keys and channels, values and messages that it was given. */
  readonly seen: string[];
  readonly published: string[];
}

/** A shared store in memory. Messages arrive at once, or `delayMs` later. */
export function fakeStore(clock: Clock, delayMs = 0): FakeStore {
  const values = new Map<string, { value: string; until: number }>();
  const members = new Map<string, Map<string, number>>();
  const channels = new Map<string, Set<(message: string) => void>>();
  const store: FakeStore = {
    isDown: false,
    seen: [],
    published: [],
    publish(channel, message) {
      if (store.isDown) return;
      store.seen.push(channel, message);
      store.published.push(message);
      const deliver = () => {
        for (const hear of channels.get(channel) ?? []) hear(message);
      };
      if (delayMs === 0) deliver();
      else clock.after(delayMs, deliver);
    },
    write(key, value, ttlMs) {
      if (store.isDown) return;
      store.seen.push(key, value);
      values.set(key, { value, until: clock.now() + ttlMs });
    },
    remove(key) {
      if (!store.isDown) values.delete(key);
    },
    async read(key) {
      const found = values.get(key);
      if (store.isDown || !found || found.until <= clock.now()) return undefined;
      return { value: found.value, ttlMs: found.until - clock.now() };
    },
    async countActive(key, member, ttlMs) {
      if (store.isDown) return undefined;
      const active = members.get(key) ?? new Map<string, number>();
      members.set(key, active.set(member, clock.now() + ttlMs));
      return [...active.values()].filter((until) => until > clock.now()).length;
    },
    subscribe(channel, hear) {
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(hear));
      return () => void listeners.delete(hear);
    },
  };
  return store;
}
