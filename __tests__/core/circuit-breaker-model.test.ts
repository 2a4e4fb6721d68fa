import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { CircuitBreaker, type CircuitBreakerOptions, type Permit } from '../../src/core/circuit-breaker.js';
import type { BreakerEffect } from '../../src/core/failure-rules.js';

/**
 * The breaker beside a plain model of it, under any order of attempts that overlap: asked for, forced, succeeding,
 * failing (also twice, also late), released, giving their probe up, while time passes and other processes open the
 * circuit. After each step both must say the same.
 */

const COOLDOWN_MS = 1_000;
const LONGEST_MS = 10_000;

/** An attempt as the model remembers it. */
interface Attempt {
  /** How often the breaker had opened or recovered when this one began, or last failed while it was open. */
  era: number;
  isProbe: boolean;
  hasFailed: boolean;
  /** Whether it has made the deadline of an open circuit later by its Retry-After. */
  hasExtended: boolean;
  isOver: boolean;
}

/** Everything the rules speak of, in the open. */
interface Model {
  threshold: number;
  now: number;
  mood: 'closed' | 'open' | 'half-open';
  era: number;
  failuresInRow: number;
  /** Openings since the last recovery, the present one not counted. */
  failedProbes: number;
  opensUntil: number;
  probe: { attempt: Attempt; lostAt: number } | undefined;
  /** Every change of mood, in order. */
  changes: string[];
}

function turn(model: Model, mood: Model['mood']): void {
  if (model.mood !== mood) model.changes.push(mood);
  model.mood = mood;
}

function letTimePass(model: Model, ms: number): void {
  model.now += ms;
}

/** Time alone ends the open time; the next look at the state finds it half-open. */
function look(model: Model): void {
  if (model.mood !== 'open' || model.now < model.opensUntil) return;
  model.probe = undefined;
  turn(model, 'half-open');
}

function admit(model: Model, forced: boolean): Attempt | undefined {
  look(model);
  const probeIsFree = model.probe === undefined || model.now >= model.probe.lostAt;
  const isProbe = model.mood === 'half-open' && probeIsFree;
  if (!forced && model.mood !== 'closed' && !isProbe) return undefined;
  const attempt: Attempt = { era: model.era, isProbe, hasFailed: false, hasExtended: false, isOver: false };
  if (isProbe) model.probe = { attempt, lostAt: model.now + LONGEST_MS };
  return attempt;
}

function succeed(model: Model, attempt: Attempt): void {
  if (attempt.isOver) return;
  attempt.isOver = true;
  if (attempt.era !== model.era) return;
  if (model.mood !== 'closed') model.era++;
  model.failuresInRow = 0;
  model.failedProbes = 0;
  turn(model, 'closed');
}

function release(model: Model, attempt: Attempt): void {
  if (attempt.isOver) return;
  attempt.isOver = true;
  freeProbe(model, attempt);
}

function freeProbe(model: Model, attempt: Attempt): void {
  attempt.isProbe = false;
  if (model.mood === 'half-open' && model.probe?.attempt === attempt) model.probe = undefined;
}

/** Another process has seen the provider fail. */
function openUntil(model: Model, at: number): void {
  look(model);
  const until = Math.min(at, model.now + LONGEST_MS);
  if (until <= model.now) return;
  if (model.mood === 'closed') {
    model.era++;
    model.failuresInRow = 0;
    model.failedProbes = 0;
  }
  model.opensUntil = model.mood === 'open' ? Math.max(model.opensUntil, until) : until;
  model.probe = undefined;
  turn(model, 'open');
}

function fail(model: Model, attempt: Attempt, effect: BreakerEffect, retryAfterMs: number, jitter: number): void {
  if (attempt.isOver) return;
  if (effect === 'ignore') return release(model, attempt);
  if (attempt.hasFailed && effect === 'count') return;
  const isFirst = !attempt.hasFailed;
  attempt.hasFailed = true;
  look(model);
  const withJitter = (base: number) => Math.min(base + base * 0.2 * jitter, LONGEST_MS);
  const openTime = (failedProbes: number) =>
    withJitter(effect === 'trip-longest' ? LONGEST_MS : Math.max(COOLDOWN_MS * 2 ** failedProbes, retryAfterMs));
  const isStale = attempt.era !== model.era;
  if (model.mood === 'open') {
    if (isFirst && !isStale) {
      model.opensUntil = Math.max(model.opensUntil, model.now + openTime(model.failedProbes));
    } else if (retryAfterMs > 0 && !attempt.hasExtended) {
      attempt.hasExtended = true;
      model.opensUntil = Math.max(model.opensUntil, model.now + withJitter(retryAfterMs));
    }
    attempt.era = model.era;
  } else if (model.mood === 'closed') {
    if (isStale) return;
    model.failuresInRow++;
    if (effect === 'count' && model.failuresInRow < model.threshold) return;
    open(0);
  } else if (!isStale && model.probe?.attempt === attempt) {
    open(model.failedProbes + 1);
  }

  function open(failedProbes: number): void {
    model.failedProbes = failedProbes;
    model.opensUntil = model.now + openTime(failedProbes);
    model.failuresInRow = 0;
    attempt.era = ++model.era;
    turn(model, 'open');
  }
}

interface Real {
  breaker: CircuitBreaker;
  clock: FakeClock;
  setJitter(jitter: number): void;
  changes: string[];
  /** Attempts that were admitted, oldest first, with what the model thinks of them. */
  attempts: { permit: Permit; modelled: Attempt }[];
}

type Step =
  | { do: 'ask' }
  | { do: 'force' }
  | { do: 'wait'; ms: number }
  | { do: 'openUntil'; inMs: number }
  | { do: 'succeed'; which: number }
  | { do: 'release'; which: number }
  | { do: 'freeProbe'; which: number }
  | { do: 'fail'; which: number; effect: BreakerEffect; retryAfterMs: number; jitter: number };

const which = fc.nat(30);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('force' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 12_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('openUntil' as const), inMs: fc.integer({ min: -1_000, max: 20_000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('succeed' as const, 'release' as const, 'freeProbe' as const), which }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      which,
      effect: fc.constantFrom<BreakerEffect>('count', 'count', 'trip', 'trip-longest', 'ignore'),
      retryAfterMs: fc.integer({ min: 0, max: 20_000 }),
      jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  },
);

function start(options: CircuitBreakerOptions): { model: Model; real: Real } {
  const clock = fakeClock();
  const changes: string[] = [];
  let nextJitter = 0;
  const random = () => nextJitter;
  const breaker = new CircuitBreaker({ ...options, clock, random, onChange: (state) => void changes.push(state) });
  const setJitter = (jitter: number) => {
    nextJitter = jitter;
  };
  const model: Model = {
    threshold: options.failureThreshold,
    now: clock.now(),
    mood: 'closed',
    era: 0,
    failuresInRow: 0,
    failedProbes: 0,
    opensUntil: 0,
    probe: undefined,
    changes: [],
  };
  return { model, real: { breaker, clock, setJitter, changes, attempts: [] } };
}

function take(step: Step, model: Model, real: Real): void {
  if (step.do === 'wait') {
    real.clock.advance(step.ms);
    letTimePass(model, step.ms);
    return;
  }
  if (step.do === 'openUntil') {
    real.breaker.openUntil(real.clock.now() + step.inMs);
    openUntil(model, model.now + step.inMs);
    return;
  }
  if (step.do === 'ask' || step.do === 'force') {
    const permit = step.do === 'ask' ? real.breaker.tryAcquire() : real.breaker.force();
    const modelled = admit(model, step.do === 'force');
    expect(permit?.probe).toBe(modelled?.isProbe);
    if (permit && modelled) real.attempts.push({ permit, modelled });
    return;
  }
  const chosen = real.attempts[step.which % real.attempts.length];
  if (!chosen) return;
  const { permit, modelled } = chosen;
  if (step.do === 'succeed') {
    permit.success();
    succeed(model, modelled);
  } else if (step.do === 'release') {
    permit.release();
    release(model, modelled);
  } else if (step.do === 'freeProbe') {
    permit.freeProbe();
    freeProbe(model, modelled);
  } else {
    real.setJitter(step.jitter);
    permit.failure(step.effect, step.retryAfterMs);
    fail(model, modelled, step.effect, step.retryAfterMs, step.jitter);
  }
}

function compare(model: Model, real: Real): void {
  look(model);
  expect(real.breaker.state).toBe(model.mood);
  const left = model.mood === 'open' ? model.opensUntil - model.now : 0;
  expect(real.breaker.retryAfterMs).toBeCloseTo(left, 6);
  expect(real.changes).toEqual(model.changes);
}

const scenario = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(anyStep, { minLength: 1, maxLength: 60 }),
});

it('does what the model does, however attempts overlap', () => {
  fc.assert(
    fc.property(scenario, ({ failureThreshold, steps }) => {
      const { model, real } = start({ failureThreshold, cooldownMs: COOLDOWN_MS, cooldownMaxMs: LONGEST_MS });
      for (const step of steps) {
        take(step, model, real);
        compare(model, real);
      }
    }),
    { numRuns: 500 },
  );
});

/** What must hold whatever the model says: looks at the breaker before and after each step of a scenario. */
function always(holds: (before: Snapshot, after: Snapshot, step: Step) => void): void {
  fc.assert(
    fc.property(scenario, ({ failureThreshold, steps }) => {
      const { model, real } = start({ failureThreshold, cooldownMs: COOLDOWN_MS, cooldownMaxMs: LONGEST_MS });
      let before = snapshotOf(real);
      for (const step of steps) {
        take(step, model, real);
        const after = snapshotOf(real);
        holds(before, after, step);
        before = after;
      }
    }),
  );
}

interface Snapshot {
  now: number;
  state: string;
  opensUntil: number;
  changeCount: number;
  /** The newest probe that has neither ended nor been given up. */
  probe: Attempt | undefined;
}

function snapshotOf({ breaker, clock, changes, attempts }: Real): Snapshot {
  const now = clock.now();
  const { state, retryAfterMs } = breaker;
  const probe = attempts.findLast(({ modelled }) => modelled.isProbe && !modelled.isOver)?.modelled;
  return { now, state, opensUntil: now + retryAfterMs, changeCount: changes.length, probe };
}

/** For rounding, where fractions of a millisecond are added to a time. */
const EPSILON_MS = 1e-6;

it('never shortens an open time', () => {
  always((before, after) => {
    const goesOn = before.state === 'open' && after.state === 'open' && before.changeCount === after.changeCount;
    if (goesOn) expect(after.opensUntil).toBeGreaterThanOrEqual(before.opensUntil - EPSILON_MS);
  });
});

it('never opens for longer than the longest time, nor for less than a Retry-After within it', () => {
  always((before, after, step) => {
    if (after.state !== 'open') return;
    expect(after.opensUntil - after.now).toBeLessThanOrEqual(LONGEST_MS + EPSILON_MS);
    if (step.do !== 'fail' || before.changeCount === after.changeCount) return;
    expect(after.opensUntil - after.now).toBeGreaterThanOrEqual(Math.min(step.retryAfterMs, LONGEST_MS) - EPSILON_MS);
  });
});

it('lets no second probe through beside one under way, unless that one is lost', () => {
  let begunAt = 0;
  always((before, after) => {
    if (after.probe === before.probe || !after.probe) return;
    const samePeriod = before.changeCount === after.changeCount;
    if (before.probe && samePeriod) expect(after.now - begunAt).toBeGreaterThanOrEqual(LONGEST_MS);
    begunAt = after.now;
  });
});

it('always goes back to the provider: after the longest open time it lets an attempt through', () => {
  fc.assert(
    fc.property(scenario, ({ failureThreshold, steps }) => {
      const { model, real } = start({ failureThreshold, cooldownMs: COOLDOWN_MS, cooldownMaxMs: LONGEST_MS });
      for (const step of steps) take(step, model, real);
      real.clock.advance(LONGEST_MS);
      expect(real.breaker.tryAcquire()).toBeDefined();
    }),
  );
});

it('is not kept open for ever by attempts that began before, however often they fail and whatever wait they state', () => {
  const failure = fc.record({
    afterMs: fc.integer({ min: 1, max: 900 }),
    which: fc.nat(4),
    effect: fc.constantFrom<BreakerEffect>('count', 'trip', 'trip-longest'),
    retryAfterMs: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.array(failure, { minLength: 200, maxLength: 300 }), (failures) => {
      const { real } = start({ failureThreshold: 1, cooldownMs: COOLDOWN_MS, cooldownMaxMs: LONGEST_MS });
      const { breaker, clock } = real;
      const permits = Array.from({ length: 5 }, () => breaker.force());
      permits[0]?.failure('trip');
      const openedAt = clock.now();
      for (const { afterMs, which, effect, retryAfterMs } of failures) {
        if (breaker.state !== 'open') return;
        clock.advance(afterMs);
        permits[which]?.failure(effect, retryAfterMs);
      }
      // The opening and one wait for each of the five attempts.
      expect(clock.now() - openedAt).toBeLessThanOrEqual(6 * LONGEST_MS);
    }),
  );
});
