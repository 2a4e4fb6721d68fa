import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../lab/fake-clock.js';
import type { AttemptRecord } from '../../src/index.js';
import { History } from '../../src/observe/history.js';

const attempt = (provider: string, outcome: AttemptRecord['outcome'], durationMs = 100): AttemptRecord => ({
  attempt: 1,
  provider,
  modelType: 'TEXT_LARGE',
  outcome,
  startedAfterMs: 0,
  durationMs,
});

function historyOf() {
  const clock = fakeClock();
  const history = new History(clock);
  const call = (...attempts: AttemptRecord[]) => {
    const answered = attempts.some(({ outcome }) => outcome === 'answered');
    const times = { endedAt: clock.wallNow(), durationMs: 100 };
    history.observe({ type: 'call_ended', call: { id: 'id', modelType: 'TEXT_LARGE', answered, attempts, ...times } });
  };
  const providers = () => Object.fromEntries(history.snapshot().providers.map(({ name, ...rest }) => [name, rest]));
  return { clock, history, call, providers };
}

describe('the history', () => {
  it('counts answers, failures and latency of each provider by the minute', () => {
    const { clock, history, call, providers } = historyOf();
    call(attempt('openai', 'answered', 100));
    call(attempt('openai', 'answered', 300));
    clock.advance(60_000);
    call(attempt('openai', 'failed'), attempt('elizanet-fallback', 'answered', 50));
    call(attempt('openai', 'failed'), attempt('elizanet-fallback', 'failed'));
    const { at, failovers, unanswered } = history.snapshot();
    expect(at).toHaveLength(360);
    expect(at.at(-1)).toBe(Math.floor(clock.wallNow() / 60_000) * 60_000);
    expect(providers().openai?.answered.slice(-2)).toEqual([2, 0]);
    expect(providers().openai?.latencyMs.slice(-2)).toEqual([200, null]);
    expect(providers().openai?.failed.slice(-2)).toEqual([0, 2]);
    expect(providers()['elizanet-fallback']?.latencyMs.slice(-2)).toEqual([null, 50]);
    expect(failovers.slice(-2)).toEqual([0, 1]);
    expect(unanswered.slice(-2)).toEqual([0, 1]);
  });

  it('forgets what is older than six hours, also after a pause that is longer than that', () => {
    const { clock, call, providers } = historyOf();
    call(attempt('openai', 'answered'));
    clock.advance(359 * 60_000);
    expect(providers().openai?.answered[0]).toBe(1);
    clock.advance(60_000);
    expect(providers().openai?.answered.every((count) => count === 0)).toBe(true);
    call(attempt('openai', 'answered'));
    clock.advance(1_000 * 60_000);
    expect(providers().openai?.answered.every((count) => count === 0)).toBe(true);
  });

  it('goes on in its newest minute when the clock of the system is set back', () => {
    const { clock, call, providers } = historyOf();
    call(attempt('openai', 'answered'));
    clock.setWallClock(-3_600_000);
    call(attempt('openai', 'answered'));
    expect(providers().openai?.answered.at(-1)).toBe(2);
  });

  it('has the times of the new clock when it is set back, and a minute of its own for each later one', () => {
    const { clock, history, call, providers } = historyOf();
    call(attempt('openai', 'answered'));
    clock.setWallClock(-7 * 3_600_000);
    clock.advance(60_000);
    call(attempt('openai', 'failed'));
    clock.advance(60_000);
    call(attempt('openai', 'answered'));
    expect(history.snapshot().at.at(-1)).toBe(Math.floor(clock.wallNow() / 60_000) * 60_000);
    expect(providers().openai?.answered.slice(-2)).toEqual([1, 1]);
    expect(providers().openai?.failed.slice(-2)).toEqual([1, 0]);
  });

  it('shows at most eight providers by name', () => {
    const { call, providers } = historyOf();
    for (let i = 0; i < 20; i++) call(attempt(`provider-${i}`, 'answered'));
    expect(Object.keys(providers())).toHaveLength(9);
    expect(providers().other?.answered.at(-1)).toBe(12);
  });
});
