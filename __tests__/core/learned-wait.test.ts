import { describe, expect, it } from 'vitest';
import { healthyLatencies } from '../../lab/latencies.js';
import { LearnedWait } from '../../src/core/learned-wait.js';

const learned = (times: readonly number[]) => {
  const wait = new LearnedWait({ startMs: 15_000, floorMs: 5_000 });
  for (const ms of times) wait.learn(ms);
  return wait;
};
const repeated = (ms: number, count: number) => Array.from({ length: count }, () => ms);

describe('a learned wait', () => {
  it('is the start value while nothing is known', () => {
    expect(learned([])).toMatchObject({ waitMs: 15_000, usualMs: undefined });
  });

  it('is longer than the start value from the first time on that is longer', () => {
    expect(learned([60_000])).toMatchObject({ waitMs: 150_000, usualMs: 60_000 });
  });

  it('is the start value until twenty times are known, then at least the floor', () => {
    expect(learned(repeated(100, 19)).waitMs).toBe(15_000);
    expect(learned(repeated(100, 20)).waitMs).toBe(5_000);
  });

  it('does not follow a few times that are out of the ordinary', () => {
    expect(learned([...repeated(1_000, 60), 90_000, 100_000]).waitMs).toBe(5_000);
  });

  it('is of whole milliseconds, for timers and messages', () => {
    for (const count of [5, 20]) {
      const wait = learned([...repeated(3_001, count - 2), 7_001, 9_001]);
      expect(Number.isInteger(wait.waitMs)).toBe(true);
    }
  });

  it('forgets times that are 128 calls ago', () => {
    expect(learned([...repeated(60_000, 128), ...repeated(1_000, 128)])).toMatchObject({
      waitMs: 5_000,
      usualMs: 1_000,
    });
  });

  it.each(Object.keys(healthyLatencies(1)))('is beyond what a healthy provider takes: %s', (name) => {
    let beyond = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const latency = healthyLatencies(seed)[name] as (share: number) => number;
      const wait = learned([]);
      for (let call = 0; call < 1_000; call++) {
        const ms = latency(call / 1_000);
        if (call >= 128 && call % 8 === 0 && ms > wait.waitMs) beyond++;
        wait.learn(ms);
      }
    }
    expect(beyond).toBe(0);
  });
});
