/**
 * Compares ways to choose how long a primary may be silent before the next provider is asked as well, for primaries that
 * are slow and healthy. Simulated from a seed, without calls: 2,000 answers of each kind, 20 times.
 *
 * Shown for each: how many of 2,000 calls are hedged in the first 128 and after them, and the wait at the end, which is
 * what a hang costs.
 */
import { healthyLatencies } from '../lab/latencies.js';
import { LearnedWait } from '../src/core/learned-wait.js';

const CALLS = 2_000;
const WINDOW = 128;
const RUNS = 20;
const START_MS = 15_000;
const FLOOR_MS = 5_000;
/** The default of ELIZANET_PRIMARY_TIMEOUT: a wait that is longer hedges nothing. */
const LIMIT_MS = 120_000;

interface Wait {
  learn(ms: number): void;
  readonly waitMs: number;
}

const quantile = (times: readonly number[], share: number) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;

/** A wait that is computed from the times in the window. */
function windowed(compute: (times: readonly number[]) => number): () => Wait {
  return () => {
    const times: number[] = [];
    return {
      learn(ms) {
        times.push(ms);
        if (times.length > WINDOW) times.shift();
      },
      get waitMs() {
        if (times.length < 20) return Math.max(START_MS, 2.5 * Math.max(0, ...times));
        return Math.max(FLOOR_MS, compute(times));
      },
    };
  };
}

/** RFC 6298's estimate for retransmissions, with twice its margin. */
function smoothed(times: readonly number[]): number {
  let [mean, deviation] = [times[0] ?? 0, (times[0] ?? 0) / 2];
  for (const ms of times) {
    deviation = 0.75 * deviation + 0.25 * Math.abs(mean - ms);
    mean = 0.875 * mean + 0.125 * ms;
  }
  return mean + 8 * deviation;
}

const FORMS: Record<string, () => Wait> = {
  'always 15 s': () => ({ learn() {}, waitMs: START_MS }),
  '2 × p95': windowed((times) => 2 * quantile(times, 0.95)),
  '2 × p99': windowed((times) => 2 * quantile(times, 0.99)),
  '1.5 × longest': windowed((times) => 1.5 * Math.max(...times)),
  '2.5 × longest': windowed((times) => 2.5 * Math.max(...times)),
  'mean + 8 × deviation, smoothed': windowed(smoothed),
  'p95 · (p95/p50)^1.8': windowed((times) => {
    const high = quantile(times, 0.95);
    return high * (high / quantile(times, 0.5)) ** 1.8;
  }),
  'that, at most 2.5 × longest (in use)': () => new LearnedWait({ startMs: START_MS, floorMs: FLOOR_MS }),
};

function simulate(create: () => Wait, shape: string): string {
  let [early, late, finalMs] = [0, 0, 0];
  for (let seed = 1; seed <= RUNS; seed++) {
    const latency = healthyLatencies(seed)[shape] as (share: number) => number;
    const wait = create();
    for (let call = 0; call < CALLS; call++) {
      const ms = latency(call / CALLS);
      if (ms > wait.waitMs && wait.waitMs < LIMIT_MS) call < WINDOW ? early++ : late++;
      wait.learn(ms);
    }
    finalMs += Math.min(wait.waitMs, LIMIT_MS);
  }
  return `${(early / RUNS).toFixed(1)} + ${(late / RUNS).toFixed(1)}, ${Math.round(finalMs / RUNS / 1_000)} s`;
}

const shapes = Object.keys(healthyLatencies(1));
const table = Object.entries(FORMS).map(([wait, create]) => ({
  wait,
  ...Object.fromEntries(shapes.map((shape) => [shape, simulate(create, shape)])),
}));
console.table(table);
