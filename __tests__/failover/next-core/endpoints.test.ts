import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../../lab/endpoints.js';
import { type FakeClock, fakeClock } from '../../../lab/fake-clock.js';
import { collector, ELIZANET_ANSWER, type Handler, primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded } from '../../../lab/next-core/guarded.js';
import {
  AllProvidersFailedError,
  type ElizaNetFallbackService,
  getLastAttempts,
  PROVIDER_NAME,
} from '../../../src/index.js';

let agent: WithEndpoints;
let clock: FakeClock;
/** Of each call of the primary. */
let asked: string[];

const fails = (status: number) => () => Promise.reject(statusError(status));
const start = async (handler: Handler, { random = () => 0, ...options }: StartOptions = {}) => {
  clock = fakeClock();
  asked = [];
  const counted: Handler = (params) => {
    asked.push('primary');
    return handler(params);
  };
  const plugins = [primary({ TEXT_LARGE: counted, TEXT_SMALL: counted })];
  agent = await createWithEndpoints({ plugins, options: { clock, random }, ...options }, createNextGuarded);
  return agent.runtime;
};
type StartOptions = Parameters<typeof createWithEndpoints>[0] & { random?: () => number };
const ask = (params: object = { prompt: 'hi' }): Promise<unknown> =>
  agent.runtime.useModel('TEXT_LARGE', params as never);
const route = () => getLastAttempts(agent.runtime).map(({ provider, outcome }) => `${provider} ${outcome}`);
const down = { kind: 'status', status: 503 } as const;

afterEach(() => agent.stop());

describe('several endpoints on a core that fails over itself', () => {
  it('follow each other once core has ended its own loop', async () => {
    await start(fails(503));
    agent.elizaNet.fault = down;
    expect(await ask()).toBe(SECOND_ANSWER);
    expect(route()).toEqual(['primary failed', 'elizanet-fallback failed', 'elizanet-fallback-2 answered']);
  });

  it('cost nothing while the first one answers', async () => {
    await start(fails(503));
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(agent.second.calls).toEqual([]);
  });

  it('are all named by the error when none answers', async () => {
    await start(fails(503));
    agent.elizaNet.fault = agent.second.fault = down;
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect((error as Error).message).toMatch(/primary .* → elizanet-fallback .* → elizanet-fallback-2 /);
  });

  it('complete a stream that the first one cut by the whole answer of the second', async () => {
    await start(fails(503));
    agent.elizaNet.fault = { kind: 'cut', afterChunks: 2 };
    const { chunks, onStreamChunk } = collector();
    expect(await ask({ prompt: 'hi', onStreamChunk })).toBe(SECOND_ANSWER);
    expect(ELIZANET_ANSWER.startsWith(chunks.join(''))).toBe(true);
  });

  it('are all asked although their circuits are open, when no other provider is left', async () => {
    await start(fails(429));
    agent.elizaNet.fault = agent.second.fault = { kind: 'status', status: 429 };
    await ask().catch(() => {});
    agent.second.fault = { kind: 'none' };
    expect(await ask()).toBe(SECOND_ANSWER);
  });

  it('a limit that is reached passes the call on to the next one', async () => {
    await start(fails(503), { settings: { ELIZANET_MAX_CALLS_PER_HOUR: 1, ELIZANET_2_MAX_CALLS_PER_HOUR: 0 } });
    expect([await ask(), await ask()]).toEqual([ELIZANET_ANSWER, SECOND_ANSWER]);
    expect(route()).toEqual(expect.arrayContaining(['elizanet-fallback skipped', 'elizanet-fallback-2 answered']));
  });

  it('are asked in the order of ELIZANET_STRATEGY', async () => {
    await start(fails(503), { settings: { ELIZANET_STRATEGY: 'latency' } });
    agent.elizaNet.fault = () => {
      clock.advance(400);
      return { kind: 'none' };
    };
    const answers: unknown[] = [];
    for (let call = 0; call < 3; call++) answers.push(await ask());
    expect(answers).toEqual([ELIZANET_ANSWER, SECOND_ANSWER, SECOND_ANSWER]);
  });

  it('an isolated one is left out, and the next one answers', async () => {
    const runtime = await start(fails(503));
    const service = runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService;
    service.isolate(PROVIDER_NAME);
    expect(await ask()).toBe(SECOND_ANSWER);
    expect(agent.elizaNet.calls).toEqual([]);
    expect(service.restore(PROVIDER_NAME)).toBe(true);
    expect(await ask()).toBe(ELIZANET_ANSWER);
  });
});

describe('ELIZANET_DRILL on a core that fails over itself', () => {
  it('sends the call to ElizaNet, and leaves the primary alone', async () => {
    await start(() => 'of the primary', { settings: { ELIZANET_DRILL: '100%' } });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(asked).toEqual([]);
  });

  it('lets the second endpoint answer, and then the primary', async () => {
    await start(() => 'of the primary', { settings: { ELIZANET_DRILL: 'TEXT_LARGE' } });
    agent.elizaNet.fault = down;
    expect(await ask()).toBe(SECOND_ANSWER);
    agent.second.fault = down;
    expect(await ask()).toBe('of the primary');
    expect(route()).toContain('primary answered');
    const calls = [agent.elizaNet.calls.length, agent.second.calls.length];
    expect(await agent.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('of the primary');
    expect([agent.elizaNet.calls.length, agent.second.calls.length]).toEqual(calls);
  });

  it("throws the primary's own error where that does not fail over", async () => {
    await start(fails(400), { settings: { ELIZANET_DRILL: '100%' } });
    agent.elizaNet.fault = agent.second.fault = down;
    expect(await ask().catch((error: unknown) => error)).toMatchObject({ statusCode: 400 });
  });
});

it('ELIZANET_MODEL_TYPES leaves a call to fail as without the plugin, on a core that fails over itself', async () => {
  await start(fails(503), { settings: { ELIZANET_MODEL_TYPES: 'embedding' } });
  expect(await ask().catch((error: unknown) => error)).toMatchObject({
    message: 'The provider says no',
    statusCode: 503,
  });
  expect(agent.elizaNet.calls).toEqual([]);
});
