import { ConfigurationError } from '../../core/errors.js';

/** What is used of a client of the package `redis`, versions 5 and 6. */
export interface RedisClient {
  connect(): Promise<unknown>;
  /** Closes the connection at once; commands under way reject. Throws when it is closed. */
  destroy(): void;
  on(event: 'error' | 'end', listener: () => void): unknown;
  /** With which the connection does not keep the process alive. */
  unref(): void;
  sendCommand(args: readonly string[]): Promise<unknown>;
  ping(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

export interface RedisClientOptions {
  url: string;
  disableOfflineQueue: boolean;
  socket: { connectTimeout: number; reconnectStrategy: false };
}

export type CreateRedisClient = (options: RedisClientOptions) => RedisClient;

/**
 * Loads the package `redis`, an optional peer dependency.
 * @param name for tests.
 * @throws {ConfigurationError} when it is not installed.
 */
export async function loadRedisPackage(name = 'redis'): Promise<CreateRedisClient> {
  try {
    // Not a literal: neither a bundler nor TypeScript then needs the package.
    const loaded: { createClient: CreateRedisClient } = await import(name);
    return loaded.createClient;
  } catch {
    throw new ConfigurationError([
      'ELIZANET_REDIS_URL is set, but the package redis cannot be loaded; run `npm install redis@5`',
    ]);
  }
}
