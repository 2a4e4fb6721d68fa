import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../lab/fake-clock.js';
import { joinFleet } from '../../../src/chain/shared/join-fleet.js';
import type { RedisClient } from '../../../src/chain/shared/redis-client.js';
import { BreakerRegistry } from '../../../src/core/breaker-registry.js';

const client: RedisClient = {
  connect: async () => {},
  destroy() {},
  on() {},
  unref() {},
  sendCommand: async () => null,
  ping: async () => 'PONG',
  subscribe: async () => {},
  unsubscribe: async () => {},
};

describe('a fleet', () => {
  it('shares the circuits of primaries, and of no endpoint of the plugin, whatever its number and model', async () => {
    const [clock, random] = [fakeClock(), () => 0];
    const [failureThreshold, cooldownMs] = [2, 10_000];
    const asked: string[] = [];
    const fleet = await joinFleet({
      ...{ clock, random, failureThreshold, cooldownMs },
      url: 'redis://own-endpoints.invalid',
      registry: new BreakerRegistry({ clock, random, failureThreshold, cooldownMs, cooldownMaxMs: 300_000 }),
      settingsOf(prefix) {
        asked.push(prefix);
        return [];
      },
      onLost() {},
      onBack() {},
      createClient: () => client,
    });
    const own = ['elizanet-fallback', 'elizanet-fallback-2', 'elizanet-fallback-2 (gpt-4.1)'];
    for (const provider of [...own, 'openai']) fleet.meet(provider, 'TEXT_SMALL');
    fleet.leave();
    expect([...new Set(asked)]).toEqual(['OPENAI_']);
  });
});
