import type { Clock, Random, Timer } from '../../core/clock.js';
import type { CreateRedisClient, RedisClient } from './redis-client.js';
import { NAMESPACE, type SharedStore, type StoredValue } from './store.js';

export interface RedisStoreDeps {
  url: string;
  createClient: CreateRedisClient;
  clock: Clock;
  random: Random;
  /** Called once when Redis cannot be reached, or answers too late, and again after each time it was back. */
  onLost(): void;
  /** Called on each connection: the first one and those after a loss. */
  onConnected(): void;
}

/** Redis answers in less than a millisecond; one that takes this long counts as unreachable. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const HEARTBEAT_MS = 15_000;
const RECONNECT_MIN_MS = 250;
const RECONNECT_MAX_MS = 10_000;

/** By the clock of the server: those of two hosts differ. */
const COUNT_ACTIVE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`;

interface Link {
  commands: RedisClient;
  /** A connection that has subscribed can do nothing else. */
  hearing: RedisClient;
}

/**
 * A Redis server as the shared store of the agents of one process. While it cannot be reached, or is slow, everything is
 * dropped at once; the connection is tried again for as long as the store is open.
 */
export class RedisStore implements SharedStore {
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  #link: Link | undefined;
  #timer: Timer | undefined;
  #failedConnects = 0;
  #isLost = false;
  #isClosed = false;

  constructor(private readonly deps: RedisStoreDeps) {
    void this.#connect();
  }

  publish(channel: string, message: string): void {
    void this.#send(['PUBLISH', channel, message]);
  }

  write(key: string, value: string, ttlMs: number): void {
    void this.#send(['SET', key, value, 'PX', String(ttlMs)]);
  }

  remove(key: string): void {
    void this.#send(['DEL', key]);
  }

  async read(key: string): Promise<StoredValue | undefined> {
    const [value, ttl] = await Promise.all([this.#send(['GET', key]), this.#send(['PTTL', key])]);
    const ttlMs = Number(ttl);
    return typeof value === 'string' && ttlMs > 0 ? { value, ttlMs } : undefined;
  }

  async countActive(key: string, member: string, ttlMs: number): Promise<number | undefined> {
    const count = await this.#send(['EVAL', COUNT_ACTIVE, '1', key, member, String(ttlMs)]);
    return typeof count === 'number' ? count : undefined;
  }

  subscribe(channel: string, hear: (message: string) => void): () => void {
    let listeners = this.#listeners.get(channel);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(channel, listeners);
      if (this.#link) void this.#within(COMMAND_TIMEOUT_MS, this.#link, this.#listen(this.#link.hearing, channel));
    }
    const of = listeners;
    of.add(hear);
    return () => {
      of.delete(hear);
      if (of.size > 0 || this.#listeners.get(channel) !== of) return;
      this.#listeners.delete(channel);
      if (this.#link) void this.#within(COMMAND_TIMEOUT_MS, this.#link, this.#link.hearing.unsubscribe(channel));
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
    const link = this.#link;
    this.#link = undefined;
    if (link) destroy(link);
  }

  async #connect(): Promise<void> {
    let link: Link;
    try {
      link = { commands: this.#newClient(), hearing: this.#newClient() };
    } catch {
      return this.#lose();
    }
    const outcome = await this.#withinTime(CONNECT_TIMEOUT_MS, this.#open(link));
    if (this.#isClosed || typeof outcome === 'string') {
      destroy(link);
      if (!this.#isClosed) this.#lose();
      return;
    }
    for (const client of [link.commands, link.hearing]) client.on('end', () => this.#drop(link));
    this.#link = link;
    this.#failedConnects = 0;
    this.#isLost = false;
    // Channels that were subscribed meanwhile.
    for (const channel of this.#listeners.keys()) {
      void this.#within(COMMAND_TIMEOUT_MS, link, this.#listen(link.hearing, channel));
    }
    this.#beat(link);
    this.deps.onConnected();
  }

  async #open({ commands, hearing }: Link): Promise<void> {
    await Promise.all([commands.connect(), hearing.connect()]);
    // Fails for a user who may not publish.
    await Promise.all([commands.sendCommand(['PUBLISH', `${NAMESPACE}:`, '']), hearing.ping()]);
  }

  #listen(client: RedisClient, channel: string): Promise<unknown> {
    return client.subscribe(channel, (message) => {
      for (const hear of this.#listeners.get(channel) ?? []) hear(message);
    });
  }

  #newClient(): RedisClient {
    const client = this.deps.createClient({
      url: this.deps.url,
      disableOfflineQueue: true,
      // This class connects again: a client of its own would keep what is to be sent for ever.
      socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
    });
    client.on('error', () => this.#dropClient(client));
    client.unref();
    return client;
  }

  /** @returns undefined when Redis is not there, refuses, or takes too long. */
  async #send(args: readonly string[]): Promise<unknown> {
    const link = this.#link;
    return link && this.#within(COMMAND_TIMEOUT_MS, link, link.commands.sendCommand(args));
  }

  /** Gives the connection up when the work takes too long. @returns undefined also when it fails. */
  async #within(ms: number, link: Link, work: Promise<unknown>): Promise<unknown> {
    const outcome = await this.#withinTime(ms, work);
    if (outcome === 'late') this.#drop(link);
    return typeof outcome === 'string' ? undefined : outcome.result;
  }

  /** Never rejects. */
  #withinTime(ms: number, work: Promise<unknown>): Promise<{ result: unknown } | 'failed' | 'late'> {
    return new Promise((resolve) => {
      const timer = this.deps.clock.after(ms, () => resolve('late'));
      timer.unref?.();
      const settle = (outcome: { result: unknown } | 'failed') => {
        timer.clear();
        resolve(outcome);
      };
      work.then(
        (result) => settle({ result }),
        () => settle('failed'),
      );
    });
  }

  /** A server that was stopped, or a network that is cut, closes no connection. */
  #beat(link: Link): void {
    this.#timer = this.deps.clock.after(this.#jittered(HEARTBEAT_MS), () => {
      void this.#within(COMMAND_TIMEOUT_MS, link, Promise.all([link.commands.ping(), link.hearing.ping()])).then(() => {
        if (this.#link === link) this.#beat(link);
      });
    });
    this.#timer.unref?.();
  }

  #dropClient(client: RedisClient): void {
    const link = this.#link;
    if (link && (link.commands === client || link.hearing === client)) this.#drop(link);
  }

  #drop(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#timer?.clear();
    destroy(link);
    this.#lose();
  }

  #lose(): void {
    const delay = Math.min(RECONNECT_MIN_MS * 2 ** this.#failedConnects++, RECONNECT_MAX_MS);
    this.#timer = this.deps.clock.after(this.#jittered(delay), () => void this.#connect());
    this.#timer.unref?.();
    if (this.#isLost) return;
    this.#isLost = true;
    this.deps.onLost();
  }

  /** From half of it to all of it, so that the processes of a fleet do not come at once. */
  #jittered(ms: number): number {
    return Math.ceil(ms * (1 - this.deps.random() / 2));
  }
}

function destroy({ commands, hearing }: Link): void {
  for (const client of [commands, hearing]) {
    try {
      client.destroy();
    } catch {
      // It is closed.
    }
  }
}
