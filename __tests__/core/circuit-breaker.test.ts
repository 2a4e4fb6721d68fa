import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import { CircuitBreaker, type CircuitBreakerOptions } from '../../src/core/circuit-breaker.js';
import type { BreakerEffect } from '../../src/core/failure-rules.js';

const DEFAULTS: CircuitBreakerOptions = { failureThreshold: 2, cooldownMs: 1_000, cooldownMaxMs: 10_000 };

function create(options: Partial<CircuitBreakerOptions> = {}, random = () => 0) {
  const clock = fakeClock();
  const changes: string[] = [];
  const onChange = (state: string) => void changes.push(state);
  return { clock, changes, breaker: new CircuitBreaker({ ...DEFAULTS, ...options, clock, random, onChange }) };
}

function fail(breaker: CircuitBreaker, effect: BreakerEffect, retryAfterMs?: number) {
  breaker.tryAcquire()?.failure(effect, retryAfterMs);
}

describe('a closed breaker', () => {
  it('opens after as many failures in a row as the threshold says', () => {
    const { breaker } = create({ failureThreshold: 3 });
    fail(breaker, 'count');
    fail(breaker, 'count');
    expect(breaker.state).toBe('closed');
    fail(breaker, 'count');
    expect(breaker.state).toBe('open');
    expect(breaker.tryAcquire()).toBeUndefined();
  });

  it('starts counting anew after a success', () => {
    const { breaker } = create();
    fail(breaker, 'count');
    breaker.tryAcquire()?.success();
    fail(breaker, 'count');
    expect(breaker.state).toBe('closed');
  });

  it('opens at once for a failure that says so', () => {
    const { breaker } = create({ failureThreshold: 100 });
    fail(breaker, 'trip');
    expect(breaker.state).toBe('open');
  });

  it('ignores failures that say nothing about the provider', () => {
    const { breaker } = create({ failureThreshold: 1 });
    fail(breaker, 'ignore');
    expect(breaker.state).toBe('closed');
  });
});

describe('one attempt', () => {
  it('counts as one failure, however often it fails', () => {
    const { breaker } = create();
    const permit = breaker.tryAcquire();
    permit?.failure('count');
    permit?.failure('count');
    expect(breaker.state).toBe('closed');
    fail(breaker, 'count');
    expect(breaker.state).toBe('open');
  });

  it('opens the breaker when its second failure is of a kind that does', () => {
    const { breaker } = create();
    const permit = breaker.tryAcquire();
    permit?.failure('count');
    permit?.failure('trip', 5_000);
    expect(breaker.retryAfterMs).toBe(5_000);
  });
});

describe('the open time', () => {
  it('is the cooldown, doubled for each failed probe, up to the cap', () => {
    const { breaker, clock } = create();
    fail(breaker, 'trip');
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      times.push(breaker.retryAfterMs);
      clock.advance(breaker.retryAfterMs);
      fail(breaker, 'count');
    }
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('is at least what Retry-After asks for, at most the cap', () => {
    const patient = create();
    fail(patient.breaker, 'trip', 5_000);
    expect(patient.breaker.retryAfterMs).toBe(5_000);
    const greedy = create();
    fail(greedy.breaker, 'trip', 60_000);
    expect(greedy.breaker.retryAfterMs).toBe(10_000);
  });

  it('is the longest for an exhausted quota', () => {
    const { breaker } = create();
    fail(breaker, 'trip-longest');
    expect(breaker.retryAfterMs).toBe(10_000);
  });

  it('gets a jitter of up to a fifth, and never ends before Retry-After', () => {
    const { breaker } = create({}, () => 0.999);
    fail(breaker, 'trip', 5_000);
    expect(breaker.retryAfterMs).toBeGreaterThan(5_900);
    expect(breaker.retryAfterMs).toBeLessThan(6_000);
  });

  it('is not cut short by the failures of attempts that were under way, nor lengthened for the next time', () => {
    const { breaker, clock } = create();
    const late = [1, 2, 3].map(() => breaker.tryAcquire());
    fail(breaker, 'trip', 5_000);
    for (const permit of late) permit?.failure('trip', 1);
    expect(breaker.retryAfterMs).toBe(5_000);
    clock.advance(5_000);
    fail(breaker, 'count');
    expect(breaker.retryAfterMs).toBe(2_000);
  });

  it('is not ended by the success of an attempt that was begun before', () => {
    const { breaker } = create();
    const early = breaker.tryAcquire();
    fail(breaker, 'trip');
    early?.success();
    expect(breaker.state).toBe('open');
  });

  it("is ended when the very attempt that opened it succeeds after all, by the provider's own retry", () => {
    const { breaker } = create();
    const permit = breaker.tryAcquire();
    permit?.failure('trip');
    permit?.success();
    expect(breaker.state).toBe('closed');
  });
});

describe('while the circuit is open', () => {
  it('an attempt that began before makes the deadline later once, by a stated Retry-After', () => {
    const { breaker, clock } = create();
    const late = breaker.tryAcquire();
    fail(breaker, 'trip');
    late?.failure('trip', 4_000);
    expect(breaker.retryAfterMs).toBe(4_000);
    clock.advance(1_000);
    late?.failure('trip', 9_000);
    late?.failure('trip-longest', 9_000);
    expect(breaker.retryAfterMs).toBe(3_000);
  });

  it.each(['count', 'trip', 'trip-longest'] as const)(
    'an attempt that began before does not move the deadline by a failure without a Retry-After (%s)',
    (effect) => {
      const { breaker, clock } = create();
      const late = breaker.tryAcquire();
      fail(breaker, 'trip');
      clock.advance(500);
      late?.failure(effect);
      expect(breaker.retryAfterMs).toBe(500);
    },
  );

  it('the very attempt that opened it does not keep it open, though its work goes on failing for ever', () => {
    const { breaker, clock } = create();
    const opener = breaker.tryAcquire();
    opener?.failure('trip', 2_000);
    let elapsedMs = 0;
    for (; breaker.state === 'open' && elapsedMs < 100_000; elapsedMs += 500) {
      clock.advance(500);
      opener?.failure('trip', 2_000);
    }
    expect(elapsedMs).toBe(2_500);
    expect(breaker.tryAcquire()?.probe).toBe(true);
  });

  it('an attempt that was forced after the opening moves the deadline by its first failure', () => {
    const { breaker, clock } = create();
    fail(breaker, 'trip');
    clock.advance(500);
    const forced = breaker.force();
    forced.failure('count');
    expect(breaker.retryAfterMs).toBe(1_000);
    clock.advance(500);
    forced.failure('trip-longest');
    expect(breaker.retryAfterMs).toBe(500);
  });

  it('a Retry-After that is not a number is ignored', () => {
    const { breaker } = create();
    fail(breaker, 'trip', Number.NaN);
    expect(breaker.retryAfterMs).toBe(1_000);
  });
});

describe('an opening that another process has seen', () => {
  const opened = (inMs: number, made = create()) => {
    made.breaker.openUntil(made.clock.now() + inMs);
    return made;
  };

  it('opens the circuit until then, and one probe follows', () => {
    const { breaker, clock, changes } = opened(3_000);
    expect([breaker.state, breaker.retryAfterMs, breaker.tryAcquire()]).toEqual(['open', 3_000, undefined]);
    clock.advance(3_000);
    expect(breaker.tryAcquire()?.probe).toBe(true);
    expect(changes).toEqual(['open', 'half-open']);
  });

  it('makes a deadline later, and never earlier', () => {
    const made = create();
    fail(made.breaker, 'trip', 5_000);
    expect(opened(2_000, made).breaker.retryAfterMs).toBe(5_000);
    expect(opened(8_000, made).breaker.retryAfterMs).toBe(8_000);
  });

  it('is believed for at most the longest open time, and not at all when it is over', () => {
    expect(opened(60_000).breaker.retryAfterMs).toBe(10_000);
    for (const inMs of [0, -1, Number.NaN]) expect(opened(inMs).breaker.state).toBe('closed');
    expect(opened(Number.POSITIVE_INFINITY).breaker.retryAfterMs).toBe(10_000);
  });

  it('is not ended by an attempt that began before', () => {
    const made = create();
    const early = made.breaker.tryAcquire();
    opened(3_000, made);
    early?.success();
    expect(made.breaker.state).toBe('open');
  });

  it('is ended by the success of a probe that was under way, and reported once', () => {
    const made = create();
    fail(made.breaker, 'trip');
    made.clock.advance(1_000);
    const probe = made.breaker.tryAcquire();
    opened(3_000, made);
    expect(made.breaker.tryAcquire()).toBeUndefined();
    probe?.success();
    expect(made.changes).toEqual(['open', 'half-open', 'open', 'closed']);
  });
});

describe('a listener', () => {
  it('gets the deadline and the reason of an opening; no reason when another process opened it', () => {
    const reported: unknown[] = [];
    const clock = fakeClock();
    const onChange = (state: string, details: object) => void reported.push([state, details]);
    const breaker = new CircuitBreaker({ ...DEFAULTS, clock, random: () => 0, onChange });
    const startedAt = clock.now();
    const reason = { kind: 'rate_limit', statusCode: 429 } as const;
    breaker.tryAcquire()?.failure('trip', 2_000, reason);
    clock.advance(2_000);
    breaker.tryAcquire()?.success();
    breaker.openUntil(startedAt + 5_000);
    expect(reported).toEqual([
      ['open', { until: startedAt + 2_000, reason }],
      ['half-open', {}],
      ['closed', {}],
      ['open', { until: startedAt + 5_000, reason: undefined }],
    ]);
  });

  it('that throws does not fail the attempt', () => {
    const onChange = () => {
      throw new Error('no logger');
    };
    const breaker = new CircuitBreaker({ ...DEFAULTS, clock: fakeClock(), random: () => 0, onChange });
    fail(breaker, 'trip');
    expect(breaker.state).toBe('open');
  });
});

describe('a half-open breaker', () => {
  const halfOpen = () => {
    const made = create();
    fail(made.breaker, 'trip');
    made.clock.advance(1_000);
    return made;
  };

  it('lets exactly one probe through until its result', () => {
    const { breaker } = halfOpen();
    const [probe, ...others] = [breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()];
    expect(probe?.probe).toBe(true);
    expect(others).toEqual([undefined, undefined]);
    probe?.success();
    expect(breaker.tryAcquire()?.probe).toBe(false);
  });

  it('gives the permit to the next one when its probe ends without a verdict', () => {
    const { breaker } = halfOpen();
    breaker.tryAcquire()?.release();
    expect(breaker.tryAcquire()?.probe).toBe(true);
  });

  it('gives the permit to the next one when its probe is given up, which may still succeed', () => {
    const { breaker } = halfOpen();
    const first = breaker.tryAcquire();
    first?.freeProbe();
    expect(breaker.tryAcquire()?.probe).toBe(true);
    first?.success();
    expect(breaker.state).toBe('closed');
  });

  it('opens again when the probe fails, also by what would only count otherwise', () => {
    const { breaker } = halfOpen();
    fail(breaker, 'count');
    expect(breaker.state).toBe('open');
  });

  it('is not opened again by the late failure of an attempt that was begun before it opened', () => {
    const { breaker, clock } = create();
    const late = breaker.tryAcquire();
    fail(breaker, 'trip');
    clock.advance(1_000);
    const probe = breaker.tryAcquire();
    late?.failure('trip');
    expect(breaker.state).toBe('half-open');
    probe?.success();
    expect(breaker.state).toBe('closed');
  });

  it('is not opened again by the last failure of the attempt that opened it', () => {
    const { breaker, clock } = create();
    const permit = breaker.tryAcquire();
    permit?.failure('trip');
    clock.advance(1_000);
    permit?.failure('trip');
    expect(breaker.tryAcquire()?.probe).toBe(true);
  });

  it('considers a probe without a result lost after the longest open time, whatever its end is', () => {
    const { breaker, clock } = halfOpen();
    const lost = breaker.tryAcquire();
    clock.advance(DEFAULTS.cooldownMaxMs - 1);
    expect(breaker.tryAcquire()).toBeUndefined();
    clock.advance(1);
    expect(breaker.tryAcquire()?.probe).toBe(true);
    lost?.release();
    expect(breaker.tryAcquire()).toBeUndefined();
  });

  it('reports each change once', () => {
    const { breaker, changes } = halfOpen();
    breaker.tryAcquire()?.success();
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });
});

it('a forced permit is given whatever the state, and its success closes the breaker', () => {
  const { breaker } = create();
  fail(breaker, 'trip');
  breaker.force().success();
  expect(breaker.state).toBe('closed');
});

it('an attempt whose failure is seen on the wire, and then thrown, has failed once', () => {
  const { breaker } = create({ failureThreshold: 2 });
  const permit = breaker.tryAcquire();
  permit?.failure('count');
  permit?.failure('count');
  expect(breaker.state).toBe('closed');
  permit?.failure('trip');
  expect(breaker.state).toBe('open');
});

it('a breaker that has recovered ignores failures of attempts that began before', () => {
  const { breaker, clock } = create({ failureThreshold: 1 });
  const [late, opener] = [breaker.tryAcquire(), breaker.tryAcquire()];
  opener?.failure('trip');
  clock.advance(1_000);
  breaker.tryAcquire()?.success();
  late?.failure('trip');
  opener?.failure('trip');
  expect(breaker.state).toBe('closed');
});

it('a permit settles once', () => {
  const { breaker } = create({ failureThreshold: 1 });
  const permit = breaker.tryAcquire();
  permit?.success();
  permit?.failure('trip');
  expect(breaker.state).toBe('closed');
});
