import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
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
    onChange: (provider, modelType, state) => void changes.push(`${provider} ${modelType ?? '*'} ${state}`),
  });
  return { clock, changes, registry };
}

describe('breakers by provider and model type', () => {
  it('a rate limit of one model type leaves the others, and other providers, alone', () => {
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

  it('a quota recognised by words alone closes its model type only, and for no longer than a rate limit', () => {
    const { registry, changes } = create();
    registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind: 'quota', evidence: 'words' });
    expect(registry.retryAfterMs('openai', 'TEXT_SMALL')).toBe(1_000);
    expect(registry.tryAcquire('openai', 'IMAGE')).toBeDefined();
    expect(changes).toEqual(['openai TEXT_SMALL open']);
  });

  it.each(['auth', 'model_not_found'] as const)('%s opens the breaker of its model type after two in a row', (kind) => {
    const { registry } = create();
    for (let i = 0; i < 2; i++) registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind });
    expect(registry.state('openai', 'TEXT_SMALL')).toBe('open');
    expect(registry.state('openai', 'IMAGE')).toBe('closed');
  });

  it.each(['request', 'unknown', 'context_length', 'content_policy', 'user_abort'] as const)(
    '%s counts against nobody',
    (kind) => {
      const { registry } = create();
      for (let i = 0; i < 5; i++) registry.tryAcquire('openai', 'TEXT_SMALL')?.failure({ kind });
      expect(registry.state('openai', 'TEXT_SMALL')).toBe('closed');
    },
  );

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
