import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { createGuarded } from '../../lab/guarded.js';
import { BreakerRegistry } from '../../src/core/breaker-registry.js';

function create() {
  const clock = fakeClock();
  const changes: string[] = [];
  const registry = new BreakerRegistry({
    clock,
    random: () => 0,
    failureThreshold: 2,
    cooldownMs: 1_000,
    cooldownMaxMs: 10_000,
    gateways: new Set(['gateway']),
    onChange: (provider, modelType, state) => void changes.push(`${provider} ${modelType ?? '*'} ${state}`),
  });
  return { clock, changes, registry };
}

describe('breakers by provider and model type', () => {
  it('a rate limit of one model type does not open the circuits of others, or of other providers', () => {
    const { registry } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'rate_limit' });
    expect(registry.tryAcquire('openai', 'TEXT_SMALL')).toBeUndefined();
    expect(registry.tryAcquire('openai', 'TEXT_LARGE')).toBeDefined();
    expect(registry.tryAcquire('groq', 'TEXT_SMALL')).toBeDefined();
  });

  it('an exhausted quota concerns all model types of the provider, for the longest time', () => {
    const { registry, changes } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota' });
    expect(registry.tryAcquire('openai', 'IMAGE')).toBeUndefined();
    expect(registry.retryAfterMs('openai', 'IMAGE')).toBe(10_000);
    expect(changes).toEqual(['openai * open']);
  });

  it('asks one model type at a time whether the quota is back', () => {
    const { registry, clock } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota' });
    clock.advance(10_000);
    const probe = registry.tryAcquire('openai', 'IMAGE');
    expect(probe?.probe).toBe(true);
    expect(registry.tryAcquire('openai', 'TEXT_SMALL')).toBeUndefined();
    probe?.success();
    expect(registry.tryAcquire('openai', 'TEXT_SMALL')).toBeDefined();
  });

  it.each(['request', 'unknown', 'context_length', 'content_policy', 'user_abort'] as const)(
    '%s counts against no provider',
    (kind) => {
      const { registry } = create();
      for (let i = 0; i < 5; i++) registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind });
      expect(registry.state('openai', 'TEXT_SMALL')).toBe('closed');
    },
  );

  it('a refused key concerns all model types of the provider', () => {
    const { registry } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'auth', statusCode: 401 });
    registry.tryAcquire('openai', 'TEXT_LARGE')?.failure({ kind: 'auth', statusCode: 401 });
    expect(registry.state('openai', 'IMAGE')).toBe('open');
  });

  it.each([
    ['a 403', { kind: 'auth', statusCode: 403 }],
    ['an unknown model', { kind: 'model_not_found', statusCode: 404 }],
  ] as const)('%s concerns its model type alone', (_, failure) => {
    const { registry } = create();
    for (let i = 0; i < 2; i++) registry.tryAcquire('openai', 'IMAGE')?.failure(failure);
    expect(registry.state('openai', 'IMAGE')).toBe('open');
    expect(registry.state('openai', 'TEXT_SMALL')).toBe('closed');
  });

  it('a quota known only by words concerns one model type, for the cooldown or a stated wait', () => {
    const { registry, changes } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota', evidence: 'words' });
    expect(registry.retryAfterMs('openai', 'TEXT_SMALL')).toBe(1_000);
    expect(registry.tryAcquire('openai', 'TEXT_LARGE')).toBeDefined();
    registry.tryAcquire('openai', 'IMAGE')?.failure({ kind: 'quota', evidence: 'words', retryAfterMs: 4_000 });
    expect(registry.retryAfterMs('openai', 'IMAGE')).toBe(4_000);
    expect(changes).toEqual(['openai TEXT_SMALL open', 'openai IMAGE open']);
  });

  it('a quota known by a status or a code concerns the whole provider', () => {
    const { registry } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota', evidence: 'structured', statusCode: 402 });
    expect(registry.tryAcquire('openai', 'IMAGE')).toBeUndefined();
  });

  it.each([
    ['structured', 10_000],
    ['words', 1_000],
  ] as const)('a quota behind a gateway, known by %s, concerns one model type of it', (evidence, openMs) => {
    const { registry, changes } = create();
    registry.tryAcquire('gateway', 'TEXT_SMALL')?.failure({ kind: 'quota', evidence });
    registry.tryAcquire('gateway', 'TEXT_LARGE')?.failure({ kind: 'auth' });
    registry.tryAcquire('gateway', 'TEXT_LARGE')?.failure({ kind: 'auth' });
    expect(registry.retryAfterMs('gateway', 'TEXT_SMALL')).toBe(openMs);
    expect(registry.tryAcquire('gateway', 'IMAGE')).toBeDefined();
    expect(changes).not.toContain('gateway * open');
  });

  it('the quota behind a 429, known only when the attempt ends, still opens the circuit of the whole provider', () => {
    const { registry } = create();
    const permit = registry.tryAcquire('openai', 'TEXT_SMALL');
    permit?.failure({ kind: 'rate_limit', statusCode: 429 });
    permit?.failure({ kind: 'quota', statusCode: 429 });
    expect(registry.retryAfterMs('openai', 'IMAGE')).toBe(10_000);
  });

  it('one attempt adds one failure, whichever breaker it counts for', () => {
    const { registry, changes } = create();
    const permits = [registry.tryAcquire('openai', 'TEXT_SMALL'), registry.tryAcquire('openai', 'TEXT_SMALL')];
    for (const permit of permits) {
      permit?.failure({ kind: 'quota' });
      permit?.failure({ kind: 'timeout' });
    }
    expect(changes).toEqual(['openai * open']);
  });

  it('a failure of one model type lets another type probe whether the quota is back', () => {
    const { registry, clock } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota' });
    clock.advance(10_000);
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'rate_limit' });
    expect(registry.tryAcquire('openai', 'IMAGE')?.probe).toBe(true);
  });

  it('an opening that another process has seen concerns what that process says', () => {
    const { registry, clock, changes } = create();
    registry.openUntil('openai', 'TEXT_SMALL', clock.now() + 2_000);
    expect(registry.retryAfterMs('openai', 'TEXT_SMALL')).toBe(2_000);
    expect(registry.retryAfterMs('openai', 'IMAGE')).toBe(0);
    registry.openUntil('openai', undefined, clock.now() + 3_000);
    expect(registry.retryAfterMs('openai', 'IMAGE')).toBe(3_000);
    expect(changes).toEqual(['openai TEXT_SMALL open', 'openai * open']);
  });

  it('frees the permit of the whole provider when that of the type is refused', () => {
    const { registry, clock } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota' });
    clock.advance(9_500);
    // Opened later than the provider as a whole, so still open when that one is half-open.
    registry.force('openai', 'TEXT_SMALL').failure({ kind: 'rate_limit', retryAfterMs: 5_000 });
    clock.advance(500);
    expect(registry.tryAcquire('openai', 'TEXT_SMALL')).toBeUndefined();
    expect(registry.tryAcquire('openai', 'IMAGE')?.probe).toBe(true);
  });
});

describe('a provider that was silent', () => {
  const silence = { kind: 'timeout', silence: { ms: 5_000 } } as const;
  const isSuspect = ({ registry }: ReturnType<typeof create>) => registry.tryAcquire('openai', 'IMAGE')?.suspect;

  it('is suspect for its other model types until it has answered', () => {
    const test = create();
    test.registry.tryAcquire('openai', 'TEXT_SMALL')?.failure(silence);
    expect(isSuspect(test)).toBe(true);
    test.registry.tryAcquire('openai', 'TEXT_LARGE')?.success();
    expect(isSuspect(test)).toBe(false);
  });

  it('is still suspect when its tokenizer, which is in the process, has answered', () => {
    const test = create();
    test.registry.tryAcquire('openai', 'TEXT_SMALL')?.failure(silence);
    test.registry.tryAcquire('openai', 'TEXT_TOKENIZER_ENCODE')?.success();
    expect(isSuspect(test)).toBe(true);
  });

  it('is not suspect again when the silent attempt ends after another one was answered', () => {
    const test = create();
    const permit = test.registry.tryAcquire('openai', 'TEXT_SMALL');
    permit?.failure(silence);
    test.registry.tryAcquire('openai', 'TEXT_LARGE')?.success();
    permit?.failure(silence);
    permit?.failure({ kind: 'network' });
    expect(isSuspect(test)).toBe(false);
  });

  it('is probed after ELIZANET_COOLDOWN_MAX when that is shorter than ELIZANET_COOLDOWN', () => {
    const clock = fakeClock();
    const times = { failureThreshold: 2, cooldownMs: 1_000, cooldownMaxMs: 100 };
    const registry = new BreakerRegistry({ clock, random: () => 0, ...times });
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure(silence);
    clock.advance(100);
    expect(registry.tryAcquire('openai', 'TEXT_SMALL')?.probe).toBe(true);
  });
});

it('a tokenizer, which is in the process, does not tell that an exhausted quota is back', () => {
  const { registry, clock } = create();
  registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota' });
  clock.advance(10_000);
  registry.tryAcquire('openai', 'TEXT_TOKENIZER_ENCODE')?.success();
  expect(registry.tryAcquire('openai', 'IMAGE')?.probe).toBe(true);
});

it('ElizaNet is a gateway: an empty account behind one of its models does not stop the others', async () => {
  const guarded = await createGuarded({ plugins: [] });
  try {
    const ask = (type: 'TEXT_LARGE' | 'TEXT_SMALL') => guarded.runtime.useModel(type, { prompt: 'hi' });
    guarded.elizaNet.fault = { kind: 'status', status: 402 };
    await expect(ask('TEXT_LARGE')).rejects.toMatchObject({ kind: 'quota' });
    guarded.elizaNet.fault = { kind: 'none' };
    expect(await ask('TEXT_SMALL')).toBe('ElizaNet answers this one.');
    await expect(ask('TEXT_LARGE')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  } finally {
    await guarded.stop();
  }
});
