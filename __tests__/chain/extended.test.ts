import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { until } from '../../lab/until.js';
import type { Extensions, Health } from '../../src/index.js';

let agent: WithEndpoints;
const start = async (extensions: Extensions, settings: Record<string, string> = {}) => {
  const clock = fakeClock();
  agent = await createWithEndpoints({ options: { clock, random: () => 0, extensions }, settings });
  return clock;
};

afterEach(() => agent.stop());

describe('extensions with several endpoints', () => {
  it('change the requests to and the answers of each', async () => {
    await start({
      requestTransforms: [{ name: 'tag', transform: (body) => ({ ...body, user: 'tagged' }) }],
      responseProcessors: [
        { name: 'shout', process: (value) => (typeof value === 'string' ? value.toUpperCase() : value) },
      ],
    });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    expect(await agent.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe(SECOND_ANSWER.toUpperCase());
    expect(agent.second.calls.map(({ body }) => body.user)).toEqual(['tagged']);
  });

  it('add to the check of each in the background', async () => {
    const seen: Health[] = [];
    const monitor = (health: Health) => {
      seen.push(health);
      return health;
    };
    const clock = await start({ healthMonitors: [{ name: 'watch', monitor }] }, { ELIZANET_HEALTH_INTERVAL: '0' });
    const after = () => {
      clock.advance(500);
      return seen.length;
    };
    await until(after, (count) => count === 2);
    expect(seen.map(({ reachable }) => reachable)).toEqual([true, true]);
  });
});
