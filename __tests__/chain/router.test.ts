import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { ELIZANET_ANSWER, type GuardedOptions, primary, statusError } from '../../lab/guarded.js';
import { logLines } from '../../lab/log-lines.js';
import { createNextGuarded } from '../../lab/next-core/guarded.js';
import { type ElizaNetFallbackService, PROVIDER_NAME, type RoutedCall, type Router } from '../../src/index.js';

const SECOND = 'elizanet-fallback-2';
const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';
let agent: WithEndpoints;
let seen: RoutedCall[];
const prompt = 'Who answers?';
const ask = (params: object = { prompt }): Promise<unknown> => agent.runtime.useModel('TEXT_SMALL', params as never);
const down = primary({ TEXT_SMALL: () => Promise.reject(statusError(503)) });

/** An agent whose router does this. */
async function start(route: Router['route'], { onError, ...options }: GuardedOptions & Pick<Router, 'onError'> = {}) {
  seen = [];
  const router: Router = {
    name: 'mine',
    onError,
    route(call) {
      // core asks for an embedding at its start.
      if (call.modelType === 'TEXT_EMBEDDING') return undefined;
      seen.push(call);
      return route(call);
    },
  };
  const given = { clock: fakeClock(), extensions: { router }, ...options.options };
  agent = await createWithEndpoints({ plugins: [down], ...options, options: given });
}

afterEach(() => agent.stop());

describe('a router', () => {
  it('says which endpoint is asked first; those it leaves out follow', async () => {
    await start(() => [SECOND, 'another', SECOND]);
    expect(await ask()).toBe(SECOND_ANSWER);
    agent.second.fault = { kind: 'status', status: 500 };
    expect(await ask()).toBe(ELIZANET_ANSWER);
  });

  it('is told what the call needs, and how each route is', async () => {
    await start(() => undefined, { settings: { ELIZANET_2_SMALL_MODEL: 'one,two' } });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    await ask({ prompt: 'hé', attachments: [{ data: IMAGE, mediaType: 'image/png' }] });
    const service = agent.runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService;
    service.isolate(SECOND);
    await ask().catch(() => {});
    expect(seen[0]).toEqual({
      modelType: 'TEXT_SMALL',
      needs: ['vision'],
      promptBytes: 3,
      routes: [
        {
          name: PROVIDER_NAME,
          endpoint: PROVIDER_NAME,
          model: 'gpt-4o-mini',
          state: 'closed',
          inFlight: 0,
          waitMs: undefined,
        },
        { name: SECOND, endpoint: SECOND, model: 'one', state: 'closed', inFlight: 0, waitMs: undefined },
        { name: `${SECOND} (two)`, endpoint: SECOND, model: 'two', state: 'closed', inFlight: 0, waitMs: undefined },
      ],
    });
    expect(seen[1]?.needs).toEqual([]);
    expect(seen[1]?.routes.map(({ state }) => state)).toEqual(['open', 'isolated', 'isolated']);
    expect(seen[1]?.routes.map(({ waitMs }) => waitMs)).toEqual([undefined, 0, 0]);
  });

  it('is not asked while the primary answers, nor by an agent with one endpoint', async () => {
    await start(() => [SECOND], { plugins: [primary({ TEXT_SMALL: () => 'mine' })] });
    expect(await ask()).toBe('mine');
    await agent.stop();
    await start(() => [SECOND], { settings: { ELIZANET_2_BASE_URL: '' } });
    expect(await ask()).toBe(ELIZANET_ANSWER);
    expect(seen).toEqual([]);
  });

  it.each<[string, Router['route']]>([
    [
      'throws',
      () => {
        throw new TypeError(prompt);
      },
    ],
    ['returns a promise', (async () => [SECOND]) as never],
    ['returns something unusable', (() => 'elizanet-fallback-2') as never],
  ])('that %s is named in the log, and the order stays as it is', async (_, route) => {
    await start(route);
    const lines = logLines(agent.runtime);
    expect(await ask()).toBe(ELIZANET_ANSWER);
    const [line, ...more] = lines.filter(({ message }) => message.includes('the router "mine"'));
    expect(line?.message).not.toContain(prompt);
    expect(more).toEqual([]);
  });

  it("that throws with onError: 'fail' fails the call that has come to the endpoints", async () => {
    await start(
      () => {
        throw new TypeError();
      },
      { onError: 'fail' },
    );
    await expect(ask()).rejects.toMatchObject({ code: 'EXTENSION_FAILED' });
    expect([...agent.elizaNet.calls, ...agent.second.calls]).toEqual([]);
  });

  it('routes on a core that fails over itself', async () => {
    const extensions = { router: { name: 'mine', route: () => [SECOND] } };
    agent = await createWithEndpoints(
      { plugins: [down], options: { clock: fakeClock(), extensions } },
      createNextGuarded,
    );
    expect(await ask()).toBe(SECOND_ANSWER);
    expect(agent.elizaNet.calls).toEqual([]);
  });
});
