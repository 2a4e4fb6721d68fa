import { afterEach, describe, expect, it } from 'vitest';
import { createWithEndpoints, SECOND_ANSWER, type WithEndpoints } from '../../lab/endpoints.js';
import { createGuarded, ELIZANET_ANSWER, type Guarded, primary, statusError } from '../../lab/guarded.js';
import { type ElizaNetFallbackService, getCallRecords, getLastAttempts, PROVIDER_NAME } from '../../src/index.js';
import { resolveConfig } from '../../src/resolve-config.js';

let agent: Guarded;
const start = async (options: Parameters<typeof createGuarded>[0] = {}) => {
  agent = await createGuarded(options);
  return agent.runtime;
};
const prompt = 'Who answers?';
const down = primary({
  TEXT_SMALL: () => Promise.reject(statusError(503)),
  // core asks for the vector of no text at its start.
  TEXT_EMBEDDING: (params) => (params?.text ? Promise.reject(statusError(503)) : [0.1]),
});
const well = primary({ TEXT_SMALL: () => 'mine', TEXT_LARGE: () => 'mine' });
const service = () => agent.runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService;
const eventNames = () => agent.events.map(({ name }) => name);

afterEach(() => agent?.stop());

describe('ELIZANET_MODEL_TYPES', () => {
  it('keeps other types away from ElizaNet: they fail as without the plugin', async () => {
    const runtime = await start({ plugins: [down], settings: { ELIZANET_MODEL_TYPES: 'text,object' } });
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
    await expect(runtime.useModel('TEXT_EMBEDDING', { text: 'Hello' })).rejects.toMatchObject({ statusCode: 503 });
    expect(agent.elizaNet.calls.map(({ path }) => path)).toEqual(['/v1/chat/completions']);
  });

  it('takes single types too, and text types that are mapped to them', async () => {
    const runtime = await start({ settings: { ELIZANET_MODEL_TYPES: 'TEXT_LARGE' } });
    expect(await runtime.useModel('TEXT_LARGE', { prompt })).toBe(ELIZANET_ANSWER);
    expect(await runtime.useModel('TEXT_REASONING_LARGE' as 'TEXT_LARGE', { prompt })).toBe(ELIZANET_ANSWER);
    await expect(runtime.useModel('TEXT_SMALL', { prompt })).rejects.toMatchObject({
      code: 'ENDPOINT_SKIPPED',
      message: 'ElizaNet is not asked for TEXT_SMALL: ELIZANET_MODEL_TYPES leaves it out',
    });
  });

  it('leaves the tokenizers, which send nothing', async () => {
    const runtime = await start({ settings: { ELIZANET_MODEL_TYPES: 'image' } });
    const ids = await runtime.useModel('TEXT_TOKENIZER_ENCODE', { prompt, modelType: 'TEXT_SMALL' } as never);
    expect(ids).toHaveLength(3);
  });

  it('holds for a call that names ElizaNet', async () => {
    const runtime = await start({ plugins: [well], settings: { ELIZANET_MODEL_TYPES: 'image' } });
    const pinned = runtime.useModel('TEXT_SMALL', { prompt }, PROVIDER_NAME);
    await expect(pinned).rejects.toMatchObject({ code: 'ENDPOINT_SKIPPED' });
    expect(agent.elizaNet.calls).toEqual([]);
  });
});

describe('ELIZANET_DRILL', () => {
  it('sends a share of the calls to ElizaNet, and marks them in the ledger', async () => {
    let next = 0;
    const random = () => [0.05, 0.5][next++ % 2] as number;
    const runtime = await start({ plugins: [well], options: { random }, settings: { ELIZANET_DRILL: '10%' } });
    const answers = [
      await runtime.useModel('TEXT_SMALL', { prompt }),
      await runtime.useModel('TEXT_SMALL', { prompt }),
    ];
    expect(answers).toEqual([ELIZANET_ANSWER, 'mine']);
    expect(getCallRecords(runtime)).toMatchObject([
      { drill: true, answered: true, attempts: [{ provider: PROVIDER_NAME, own: true, outcome: 'answered' }] },
    ]);
    expect(eventNames()).not.toContain('ELIZANET_FAILED_OVER');
  });

  it.each([
    ['0%', 0, 'mine'],
    ['100%', 1 - Number.EPSILON, ELIZANET_ANSWER],
  ])('of %s sends none or all', async (share, drawn, answer) => {
    const options = { random: () => drawn };
    const runtime = await start({ plugins: [well], options, settings: { ELIZANET_DRILL: share } });
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(answer);
  });

  it.each(['101%', '-1%', '.%', '10', 'TEXT_SMALL,nonsense', ', ,'])('of %j does not start', (value) => {
    const source = { getSetting: () => null };
    expect(() => resolveConfig(source, { ELIZANET_DRILL: value })).toThrow(
      'ELIZANET_DRILL must be off, a share such as',
    );
  });

  it('sends the calls of some model types, and no others', async () => {
    const runtime = await start({ plugins: [well], settings: { ELIZANET_DRILL: 'TEXT_SMALL, image' } });
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
    expect(await runtime.useModel('TEXT_LARGE', { prompt })).toBe('mine');
  });

  it('lets the primary answer when ElizaNet fails', async () => {
    const runtime = await start({ plugins: [well], settings: { ELIZANET_DRILL: 'text' } });
    agent.elizaNet.fault = { kind: 'status', status: 500 };
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe('mine');
    expect(getCallRecords(runtime)).toMatchObject([{ drill: true, answered: true }]);
    expect(eventNames()).toContain('ELIZANET_FAILED_OVER');
  });

  it('rethrows the error of a primary that does not fail over, as without a drill', async () => {
    const refusal = statusError(400, 'Bad request');
    const refuses = primary({ TEXT_SMALL: () => Promise.reject(refusal) });
    const runtime = await start({ plugins: [refuses], settings: { ELIZANET_DRILL: 'text' } });
    agent.elizaNet.fault = { kind: 'status', status: 500 };
    await expect(runtime.useModel('TEXT_SMALL', { prompt })).rejects.toBe(refusal);
  });

  it("checks the space of ElizaNet's embeddings, and learns none from them", async () => {
    const vector = Array.from({ length: 1536 }, (_, i) => Math.sin(i + 1));
    const embeds = primary({ TEXT_EMBEDDING: () => vector });
    let share = 1;
    const options = { random: () => share };
    const runtime = await start({ plugins: [embeds], options, settings: { ELIZANET_DRILL: '50%' } });
    await runtime.useModel('TEXT_EMBEDDING', { text: 'A text that is long enough to compare.' });
    share = 0;
    expect(await runtime.useModel('TEXT_EMBEDDING', { text: 'A text in a drill.' })).toBe(vector);
    expect(getLastAttempts(runtime)).toMatchObject([
      { provider: PROVIDER_NAME, outcome: 'failed' },
      { provider: 'primary', outcome: 'answered' },
    ]);
  });
});

describe('a provider that is isolated', () => {
  it('is not asked until it is restored; the ledger says why', async () => {
    const runtime = await start({ plugins: [well] });
    service().isolate('primary');
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe(ELIZANET_ANSWER);
    expect(getLastAttempts(runtime)).toMatchObject([
      { provider: 'primary', outcome: 'skipped', reason: 'isolated' },
      { provider: PROVIDER_NAME, outcome: 'answered' },
    ]);
    expect([service().restore('primary'), service().restore('primary')]).toEqual([true, false]);
    expect(await runtime.useModel('TEXT_SMALL', { prompt })).toBe('mine');
  });

  it('is not asked either when every other one fails, unlike one whose circuit is open', async () => {
    const runtime = await start({ plugins: [well] });
    service().isolate('primary');
    agent.elizaNet.fault = { kind: 'status', status: 500 };
    await expect(runtime.useModel('TEXT_SMALL', { prompt })).rejects.toThrow(
      /No provider could answer TEXT_SMALL: primary isolated → elizanet-fallback server 500/,
    );
  });

  it('can be ElizaNet', async () => {
    const runtime = await start({ plugins: [down] });
    service().isolate(PROVIDER_NAME);
    await expect(runtime.useModel('TEXT_SMALL', { prompt })).rejects.toThrow(/elizanet-fallback isolated/);
    await expect(runtime.useModel('TEXT_SMALL', { prompt }, PROVIDER_NAME)).rejects.toThrow(/isolated/);
    expect(agent.elizaNet.calls).toEqual([]);
  });

  it('can be one endpoint of several, with all of its models', async () => {
    agent = await createWithEndpoints({ plugins: [down], settings: { ELIZANET_SMALL_MODEL: 'a,b' } });
    service().isolate(PROVIDER_NAME);
    expect(await agent.runtime.useModel('TEXT_SMALL', { prompt })).toBe(SECOND_ANSWER);
    expect((agent as WithEndpoints).elizaNet.calls).toEqual([]);
  });

  it('gives a clear error when it is the only one', async () => {
    const runtime = await start();
    service().isolate(PROVIDER_NAME);
    await expect(runtime.useModel('TEXT_SMALL', { prompt })).rejects.toMatchObject({
      code: 'ENDPOINT_SKIPPED',
      skippedFor: 'isolated',
    });
  });
});
