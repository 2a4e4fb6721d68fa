import { seededRandom } from './random.js';

const SECOND = 1_000;

/** The time of one answer, in milliseconds. `share`: how much of the run is over, from 0 to 1. */
export type Latency = (share: number) => number;

/** Latencies of primaries that are slow and healthy, from a seed. */
export function healthyLatencies(seed: number): Record<string, Latency> {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lognormal = (medianMs: number, sigma: number) => medianMs * Math.exp(sigma * normal());
  return {
    'a median of 1 s': () => lognormal(SECOND, 0.5),
    'a median of 4 s': () => lognormal(4 * SECOND, 0.6),
    // Without those that the default of ELIZANET_PRIMARY_TIMEOUT ends, 2.3 in a hundred.
    'a median of 20 s': () => Math.min(lognormal(20 * SECOND, 0.9), 119 * SECOND),
    'many short answers, some long': () => (random() < 0.85 ? lognormal(SECOND, 0.4) : lognormal(12 * SECOND, 0.4)),
    'a slow drift to five times': (share) => lognormal(1_500 * 5 ** share, 0.5),
    'a local model of a minute': () => (60 + 10 * Math.max(-3, Math.min(3, normal()))) * SECOND,
  };
}
