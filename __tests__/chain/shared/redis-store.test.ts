import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { loadRedisPackage, type RedisClient } from '../../../src/chain/shared/redis-client.js';
import { RedisStore } from '../../../src/chain/shared/redis-store.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A store on clients that behave as `mode` says. */
async function createStore() {
  const clock = fakeClock();
  const server = { mode: 'up' as 'up' | 'down' | 'frozen', sent: [] as string[], destroyed: 0, connects: 0 };
  const told: string[] = [];
  const answer = (result: unknown) => {
    if (server.mode === 'down') return Promise.reject(new Error('down'));
    return server.mode === 'frozen' ? new Promise<never>(() => {}) : Promise.resolve(result);
  };
  const ends: (() => void)[] = [];
  const createClient = (): RedisClient => ({
    connect: () => {
      server.connects++;
      return answer(undefined);
    },
    destroy: () => {
      server.destroyed++;
      for (const ended of ends) ended();
    },
    on: (event, listener) => event === 'end' && ends.push(listener),
    unref() {},
    sendCommand: (args) => {
      server.sent.push(args.join(' '));
      return answer('value');
    },
    ping: () => answer('PONG'),
    subscribe: (channel) => {
      server.sent.push(`SUBSCRIBE ${channel}`);
      return answer(undefined);
    },
    unsubscribe: () => answer(undefined),
  });
  const store = new RedisStore({
    url: 'redis://localhost',
    createClient,
    clock,
    random: () => 0,
    onLost: () => void told.push('lost'),
    onConnected: () => void told.push('connected'),
  });
  await settle();
  /** In steps: answers must arrive before the timers that wait for them. */
  const advance = async (ms: number) => {
    for (let rest = ms; rest > 0; rest -= 200) {
      clock.advance(Math.min(rest, 200));
      await settle();
    }
  };
  return { store, server, told, advance, clock, end: () => ends.map((run) => run()) };
}

describe('a Redis that fails', () => {
  it('is given up when one command takes a second, and tried again until it is back', async () => {
    const { store, server, told, advance } = await createStore();
    server.mode = 'frozen';
    store.publish('channel', 'message');
    await advance(999);
    expect(told).toEqual(['connected']);
    await advance(1);
    expect(told).toEqual(['connected', 'lost']);
    expect(server.destroyed).toBe(2);
    for (let attempt = 0; attempt < 5; attempt++) await advance(12_000);
    expect(told).toEqual(['connected', 'lost']);
    server.mode = 'up';
    await advance(12_000);
    await advance(12_000);
    expect(told).toEqual(['connected', 'lost', 'connected']);
  });

  it('is noticed by the heartbeat when no message is published', async () => {
    const { server, told, advance } = await createStore();
    server.mode = 'frozen';
    await advance(15_000);
    await advance(1_000);
    expect(told).toEqual(['connected', 'lost']);
  });

  it('gets nothing of what was told while it was away', async () => {
    const { store, server, end, advance } = await createStore();
    server.mode = 'down';
    end();
    const before = server.sent.length;
    store.publish('channel', 'message');
    store.write('key', 'value', 1_000);
    expect(await store.read('key')).toBeUndefined();
    server.mode = 'up';
    await advance(12_000);
    expect(server.sent.slice(before).join()).not.toContain('message');
  });

  it('hears its channels again after a lost connection', async () => {
    const { store, server, end, advance } = await createStore();
    store.subscribe('channel', () => {});
    const before = server.sent.length;
    end();
    await advance(12_000);
    expect(server.sent.slice(before)).toContain('SUBSCRIBE channel');
  });

  it('is left alone once the store is closed, and no timer remains', async () => {
    const { store, server, clock, advance } = await createStore();
    store.close();
    const { connects } = server;
    await advance(60_000);
    expect(server.connects).toBe(connects);
    expect(clock.pendingCount).toBe(0);
  });
});

it('a missing package is a ConfigurationError that says what to install', async () => {
  await expect(loadRedisPackage('a-package-that-is-not-installed')).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('npm install redis@5'),
  });
});
