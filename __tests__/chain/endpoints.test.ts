import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../lab/endpoints.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { collector, ELIZANET_ANSWER, primary, statusError } from '../../lab/guarded.js';
import { closedPort } from '../../lab/stand-in/server.js';
import { until } from '../../lab/until.js';
import { AllProvidersFailedError, type FailoverStatus, getFailoverStatus, getLastAttempts } from '../../src/index.js';

let agent: WithEndpoints;
const start = async (options: Parameters<typeof createWithEndpoints>[0] = {}) => {
  agent = await createWithEndpoints(options);
  return agent.runtime;
};
const down = primary({
  TEXT_SMALL: () => Promise.reject(statusError(503)),
  TEXT_LARGE: () => Promise.reject(statusError(503)),
});
const prompt = 'Who answers?';
const route = () => getLastAttempts(agent.runtime).map(({ provider, outcome }) => `${provider} ${outcome}`);

afterEach(() => agent.stop());

describe('several endpoints', () => {
  it('are asked in the order of their numbers, in one race with the primaries; the ledger names each', async () => {
    const runtime = await start({ plugins: [down] });
    agent.elizaNet.fault = { kind: 'status', status: 503 };
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(SECOND_ANSWER);
    expect(route()).toEqual(['primary failed', 'elizanet-fallback failed', 'elizanet-fallback-2 answered']);
  });

  it('leave the second one alone while the first one answers', async () => {
    const runtime = await start({ plugins: [down] });
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
    expect(agent.second.calls).toEqual([]);
  });

  it('serve an agent without any primary as well', async () => {
    const runtime = await start();
    agent.elizaNet.fault = { kind: 'drop' };
    expect(await runtime.useModel('TEXT_LARGE', { prompt })).toBe(SECOND_ANSWER);
  });

  it('stream the second answer alone when the first one is cut', async () => {
    const runtime = await start({ plugins: [down] });
    agent.elizaNet.fault = { kind: 'cut', afterChunks: 0 };
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_SMALL', { prompt, onStreamChunk })).toBe(SECOND_ANSWER);
    expect(chunks.join('')).toBe(SECOND_ANSWER);
  });

  it('complete a stream that the first one cut by the whole answer of the second, and mix no chunks', async () => {
    const runtime = await start({ plugins: [down] });
    agent.elizaNet.fault = { kind: 'cut', afterChunks: 2 };
    const { chunks, onStreamChunk } = collector();
    expect(await runtime.useModel('TEXT_SMALL', { prompt, onStreamChunk })).toBe(SECOND_ANSWER);
    expect(ELIZANET_ANSWER.startsWith(chunks.join(''))).toBe(true);
  });

  it.each([true, false])(
    'ask the second one after 15 s when the first one hangs, and at once from then on, streaming: %s',
    async (streams) => {
      const clock = fakeClock();
      const runtime = await start({ plugins: [down], options: { clock } });
      agent.elizaNet.fault = { kind: 'hang' };
      const ask = () => runtime.useModel('TEXT_SMALL', { prompt, ...(streams ? collector() : {}) });
      const first = ask();
      await until(
        () => agent.elizaNet.calls.length,
        (asked) => asked === 1,
      );
      clock.advance(14_000);
      expect(agent.second.calls).toEqual([]);
      clock.advance(1_000);
      expect(await first).toBe(SECOND_ANSWER);
      expect(route()).toEqual(['primary failed', 'elizanet-fallback abandoned', 'elizanet-fallback-2 answered']);
      expect(await ask()).toBe(SECOND_ANSWER);
      expect(agent.elizaNet.calls).toHaveLength(1);
    },
  );

  it('learn how long each of them takes', async () => {
    const runtime = await start({ plugins: [down], options: { clock: fakeClock() } });
    await runtime.useModel('TEXT_SMALL', { prompt });
    const { waits } = getFailoverStatus(runtime) as FailoverStatus;
    const ofSmall = waits.filter(({ modelType }) => modelType === 'TEXT_SMALL');
    expect(ofSmall.map(({ provider, form }) => `${provider} ${form}`)).toEqual(['elizanet-fallback plain']);
  });

  it('have circuits of their own', async () => {
    const clock = fakeClock();
    const runtime = await start({ plugins: [down], options: { clock } });
    agent.elizaNet.fault = { kind: 'status', status: 429 };
    await runtime.useModel('TEXT_SMALL', { prompt });
    const asked = agent.elizaNet.calls.length;
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(SECOND_ANSWER);
    expect(agent.elizaNet.calls).toHaveLength(asked);
    expect(route()).toContain('elizanet-fallback skipped');
    const opened = agent.events.filter(({ name }) => name === 'ELIZANET_BREAKER_CHANGED');
    expect(opened.map(({ payload }) => payload.provider)).toContain('elizanet-fallback');
  });

  it('get their own key, and no other one', async () => {
    const runtime = await start({ plugins: [down], secrets: { ELIZANET_API_KEY: 'sk-first' } });
    agent.elizaNet.fault = { kind: 'status', status: 401 };
    await runtime.useModel('TEXT_SMALL', { prompt });
    expect(agent.elizaNet.calls[0]?.headers.authorization).toBe('Bearer sk-first');
    expect(agent.second.calls[0]?.headers.authorization).toBeUndefined();
  });

  it('are asked for their own models, or for those of the first one', async () => {
    const settings = { ELIZANET_2_SMALL_MODEL: 'llama3', ELIZANET_LARGE_MODEL: 'big' };
    const runtime = await start({ plugins: [down], settings });
    agent.elizaNet.fault = { kind: 'status', status: 503 };
    await runtime.useModel('TEXT_SMALL', { prompt });
    await runtime.useModel('TEXT_LARGE', { prompt });
    expect(agent.second.calls.map(({ body }) => body.model)).toEqual(['llama3', 'big']);
  });

  it('remember refused fields apart', async () => {
    const runtime = await start({ plugins: [down] });
    const refusal = JSON.stringify({ error: { message: "Unsupported parameter: 'temperature' is not supported" } });
    agent.elizaNet.fault = ({ body }) =>
      body.temperature === undefined ? { kind: 'none' } : { kind: 'status', status: 400, body: refusal };
    await runtime.useModel('TEXT_SMALL', { prompt, temperature: 0.5 });
    agent.elizaNet.fault = { kind: 'drop' };
    await runtime.useModel('TEXT_SMALL', { prompt, temperature: 0.5 });
    expect(agent.second.calls.at(-1)?.body.temperature).toBe(0.5);
  });

  it('are all named by the error when none answers', async () => {
    const runtime = await start({ plugins: [down], settings: { ELIZANET_2_BASE_URL: await closedPort() } });
    agent.elizaNet.fault = { kind: 'status', status: 500 };
    const error = await runtime.useModel('TEXT_SMALL', { prompt }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect(error.message).toMatch(
      /primary server 503 .* → elizanet-fallback server 500 .* → elizanet-fallback-2 network ECONNREFUSED/,
    );
    expect(error.cause).toMatchObject({ statusCode: 503 });
    expect(error.errors[2].message).toBe('ElizaNet 2 could not be reached (ECONNREFUSED); check ELIZANET_2_BASE_URL');
  });

  it('embed in the space of the agent only', async () => {
    const vector = Array.from({ length: 1536 }, (_, i) => Math.sin(i + 1));
    const other = Array.from({ length: 1536 }, (_, i) => Math.cos(i * i));
    let isDown = false;
    const embeds = primary({
      TEXT_EMBEDDING: () => (isDown ? Promise.reject(statusError(503)) : vector),
    });
    const runtime = await start({
      plugins: [embeds],
      elizaNet: { vector: () => other },
      second: { vector: () => vector },
    });
    await runtime.useModel('TEXT_EMBEDDING', { text: 'A text that is long enough to compare.' });
    isDown = true;
    const answer = await runtime.useModel('TEXT_EMBEDDING', { text: 'Another text of the agent.' });
    expect((answer as number[])[0]).toBeCloseTo(vector[0] as number, 5);
    expect(route()).toEqual(['primary failed', 'elizanet-fallback failed', 'elizanet-fallback-2 answered']);
  });
});

describe('endpoints whose circuits are all open', () => {
  it('are each asked all the same, when no other provider is left', async () => {
    const runtime = await start({ plugins: [down], options: { clock: fakeClock() } });
    agent.elizaNet.fault = agent.second.fault = { kind: 'status', status: 429 };
    await runtime.useModel('TEXT_SMALL', { prompt }).catch(() => {});
    agent.second.fault = { kind: 'none' };
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(SECOND_ANSWER);
  });
});

describe('endpoints of an agent whose embeddings only they serve', () => {
  const ofFirst = Array.from({ length: 1536 }, (_, i) => Math.sin(i + 1));
  const ofOther = Array.from({ length: 1536 }, (_, i) => Math.cos(i * i));
  const embed = (text: string) => agent.runtime.useModel('TEXT_EMBEDDING', { text });

  it('embed in the space of the first one, and never with another model', async () => {
    await start({ elizaNet: { vector: () => ofFirst }, second: { vector: () => ofOther } });
    await embed('A text that is long enough to compare.');
    agent.elizaNet.fault = { kind: 'drop' };
    await expect(embed('Another text of the agent.')).rejects.toMatchObject({
      errors: [expect.anything(), expect.objectContaining({ code: 'EMBEDDING_SPACE_MISMATCH' })],
    });
  });

  it('embed with a second one that has the same model', async () => {
    await start({ elizaNet: { vector: () => ofFirst }, second: { vector: () => ofFirst } });
    await embed('A text that is long enough to compare.');
    agent.elizaNet.fault = { kind: 'drop' };
    expect(((await embed('Another text of the agent.')) as number[])[0]).toBeCloseTo(ofFirst[0] as number, 5);
  });

  it('leave out one that does not embed', async () => {
    await start({ elizaNet: { vector: () => ofFirst }, second: { vector: () => ofFirst } });
    await embed('A text that is long enough to compare.');
    agent.elizaNet.fault = { kind: 'status', status: 404 };
    expect(((await embed('Another text of the agent.')) as number[])[0]).toBeCloseTo(ofFirst[0] as number, 5);
    expect(await agent.runtime.useModel('TEXT_SMALL', { prompt }).catch(() => 'none')).toBe(SECOND_ANSWER);
  });
});

describe('a list of models', () => {
  it('is tried in order, each with a circuit of its own', async () => {
    const runtime = await start({ plugins: [down], settings: { ELIZANET_SMALL_MODEL: 'gone, gpt-4.1-mini' } });
    const missing = JSON.stringify({ error: { message: 'The model gone does not exist', code: 'model_not_found' } });
    agent.elizaNet.fault = ({ body }) =>
      body.model === 'gone' ? { kind: 'status', status: 404, body: missing } : { kind: 'none' };
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
    expect(route()).toEqual([
      'primary failed',
      'elizanet-fallback failed',
      'elizanet-fallback (gpt-4.1-mini) answered',
    ]);
    expect(agent.elizaNet.calls.map(({ body }) => body.model)).toEqual(['gone', 'gpt-4.1-mini']);
    expect(agent.second.calls).toEqual([]);
  });

  it('serves only the types whose list is as long', async () => {
    const runtime = await start({ settings: { ELIZANET_SMALL_MODEL: 'a,b', ELIZANET_2_SMALL_MODEL: 'c' } });
    agent.elizaNet.fault = { kind: 'drop' };
    await runtime.useModel('TEXT_LARGE', { prompt });
    expect(route()).toEqual(['elizanet-fallback failed', 'elizanet-fallback-2 answered']);
    await runtime.useModel('TEXT_SMALL', { prompt });
    expect(route()).toEqual([
      'elizanet-fallback failed',
      'elizanet-fallback (b) failed',
      'elizanet-fallback-2 answered',
    ]);
  });
});

describe('ELIZANET_STRATEGY', () => {
  it('latency asks the endpoint whose answers began sooner', async () => {
    const clock = fakeClock();
    const settings = { ELIZANET_STRATEGY: 'latency' };
    const runtime = await start({ options: { clock }, settings });
    agent.elizaNet.fault = () => {
      clock.advance(400);
      return { kind: 'none' };
    };
    agent.second.fault = () => {
      clock.advance(100);
      return { kind: 'none' };
    };
    const answers: unknown[] = [];
    for (let call = 0; call < 4; call++) answers.push(await runtime.useModel('TEXT_SMALL', { prompt }));
    expect(answers).toEqual([ELIZANET_ANSWER, SECOND_ANSWER, SECOND_ANSWER, SECOND_ANSWER]);
    clock.advance(6 * 60_000);
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
  });

  it('least-busy asks the endpoint with fewer requests in flight', async () => {
    const runtime = await start({ settings: { ELIZANET_STRATEGY: 'least-busy' }, elizaNet: { delayMs: 50 } });
    const calls = [1, 2, 3, 4, 5, 6].map(() => runtime.useModel('TEXT_SMALL', { prompt }));
    expect(await Promise.all(calls)).toContain(SECOND_ANSWER);
    expect([agent.elizaNet.calls.length, agent.second.calls.length]).toEqual([3, 3]);
  });
});
