/** Begins the name of every key and channel. The number is that of the format of what they hold. */
export const NAMESPACE = 'elizanet-fallback:1';

/** A value with the time that it has left. */
export interface StoredValue {
  value: string;
  ttlMs: number;
}

/**
 * What the agents of a fleet have in common. No method throws, waits for the store, or fails a caller: while the store
 * cannot be reached, writes are dropped and reads find nothing.
 */
export interface SharedStore {
  publish(channel: string, message: string): void;
  /** @param ttlMs whole milliseconds, at least 1. */
  write(key: string, value: string, ttlMs: number): void;
  remove(key: string): void;
  /** Never rejects. @returns undefined when there is no such key, or no store. */
  read(key: string): Promise<StoredValue | undefined>;
  /**
   * Says that a member is active, and counts those that have said so within `ttlMs`, this one included.
   * @param ttlMs whole milliseconds, at least 1.
   * @returns undefined when there is no store. Never rejects.
   */
  countActive(key: string, member: string, ttlMs: number): Promise<number | undefined>;
  /**
   * Hears the messages of all agents, this one's included. Outlives a lost connection.
   * @returns ends it.
   */
  subscribe(channel: string, hear: (message: string) => void): () => void;
}
