import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { createGuarded, type Guarded, primary, statusError } from '../../lab/guarded.js';
import {
  type AttemptRecord,
  type CallRecord,
  ElizaNetEvent,
  type ElizaNetEventName,
  type ElizaNetEventPayloads,
  onElizaNetEvent,
} from '../../src/index.js';

let guarded: Guarded;
const named = (name: string) => guarded.events.filter((event) => event.name === name).map(({ payload }) => payload);
const failing = primary({ TEXT_SMALL: () => Promise.reject(statusError(429)) });

afterEach(() => guarded.stop());

describe('MODEL_USED', () => {
  it('says who answered, what it cost, and how long the prompt was, but not the prompt', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'a secret' });
    expect(named('MODEL_USED')).toMatchObject([
      {
        source: 'elizanet-fallback',
        provider: 'elizanet-fallback',
        type: 'TEXT_SMALL',
        prompt: '[8 characters]',
        tokens: { prompt: 7, completion: 3, total: 10 },
      },
    ]);
  });

  it('comes for a stream too, once its usage is known', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi', onStreamChunk: () => {} });
    expect(named('MODEL_USED')).toMatchObject([{ tokens: { total: 10 } }]);
  });
});

describe('the events of our own', () => {
  it('tell of a call that failed over, without prompt and answer', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'a secret' });
    const [event] = named('ELIZANET_FAILED_OVER');
    expect(event).toMatchObject({
      modelType: 'TEXT_SMALL',
      answered: true,
      attempts: [
        { attempt: 1, provider: 'primary', outcome: 'failed', failure: { kind: 'rate_limit', statusCode: 429 } },
        { attempt: 2, provider: 'elizanet-fallback', outcome: 'answered' },
      ],
    });
    const { runtime: _, ...payload } = event ?? {};
    expect(JSON.stringify(payload)).not.toMatch(/a secret|answers this one/);
  });

  it('report a call that no provider could answer', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    guarded.elizaNet.fault = { kind: 'status', status: 401 };
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' }).catch(() => {});
    expect(named('ELIZANET_UNANSWERED')).toMatchObject([{ modelType: 'TEXT_SMALL', answered: false }]);
    expect(named('ELIZANET_FAILED_OVER')).toEqual([]);
  });

  it('tell of a stand-in vector', async () => {
    guarded = await createGuarded();
    guarded.elizaNet.fault = { kind: 'status', status: 503 };
    await guarded.runtime.useModel('TEXT_EMBEDDING', { text: 'hi' });
    expect(named('ELIZANET_STAND_IN_SERVED')).toMatchObject([{ modelType: 'TEXT_EMBEDDING', reason: 'server' }]);
  });

  it('tell of a circuit that opened, with the failure and the time until the probe', async () => {
    guarded = await createGuarded({ plugins: [failing], options: { random: () => 0, clock: fakeClock() } });
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(named('ELIZANET_BREAKER_CHANGED')).toMatchObject([
      {
        provider: 'primary',
        modelType: 'TEXT_SMALL',
        state: 'open',
        reason: 'rate_limit',
        statusCode: 429,
        retryAfterMs: 15_000,
      },
    ]);
  });

  it('come with the type of their payload', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    const seen: string[] = [];
    onElizaNetEvent(guarded.runtime, ElizaNetEvent.BREAKER_CHANGED, ({ provider, state, source }) => {
      const exact: 'open' | 'half-open' | 'closed' = state;
      seen.push(`${source}: ${provider} ${exact}`);
    });
    onElizaNetEvent(guarded.runtime, 'ELIZANET_FAILED_OVER', async ({ attempts }) => {
      const records: readonly AttemptRecord[] = attempts;
      seen.push(records.map(({ outcome }) => outcome).join());
    });
    await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
    expect(seen).toEqual(['elizanet-fallback: primary open', 'failed,answered']);
    expectTypeOf<ElizaNetEventPayloads['ELIZANET_UNANSWERED']>().toEqualTypeOf<CallRecord>();
    expectTypeOf<ElizaNetEventName>().toEqualTypeOf<(typeof ElizaNetEvent)[keyof typeof ElizaNetEvent]>();
  });

  it('do not cost the call its answer when a listener fails', async () => {
    guarded = await createGuarded({ plugins: [failing] });
    guarded.runtime.registerEvent('ELIZANET_FAILED_OVER', async () => {
      throw new Error('a bug of the listener');
    });
    expect(await guarded.runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('ElizaNet answers this one.');
  });
});
