/**
 * One process in which our tokenizer encodes long runs of each kind: `long-runs.js <encoding>`. Prints as JSON, by kind,
 * the milliseconds of processor time by length in characters, and the longest time the event loop was kept from its turn
 * by a text of the greatest length that is taken by default.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { HARD_RUNS } from '../../lab/tokenizer-texts.js';
import { encodeText } from '../../src/models/tokenizer/encoders.js';
import type { EncodingName } from '../../src/models/tokenizer/encoding-name.js';

const LENGTHS = [16_000, 64_000, 100_000];
const LONGEST = 1_000_000;
/** Other load on the machine slows some rounds down, so the best one counts. */
const ROUNDS = 9;
/** A round that kept to this is not repeated. */
const BLOCK_LIMIT_MS = 50;

const encoding = process.argv[2] as EncodingName;
await encodeText(encoding, 'Hello, world');

async function milliseconds(text: string): Promise<number> {
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    await encodeText(encoding, text);
    const { user, system } = process.cpuUsage(start);
    ms = Math.min(ms, (user + system) / 1_000);
  }
  return ms;
}

async function longestBlock(text: string): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && ms > BLOCK_LIMIT_MS; round++) {
    delays.enable();
    await new Promise((resolve) => setTimeout(resolve, 20));
    delays.reset();
    await encodeText(encoding, text);
    // A block is seen by the timer that comes late because of it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    delays.disable();
    ms = Math.min(ms, delays.max / 1e6);
  }
  return ms;
}

const results: Record<string, { ms: Record<number, number>; blockMs: number }> = {};
for (const [kind, unit] of Object.entries(HARD_RUNS)) {
  const run = (length: number) => unit.repeat(length / unit.length);
  const ms: Record<number, number> = {};
  for (const length of LENGTHS) ms[length] = await milliseconds(run(length));
  results[kind] = { ms, blockMs: await longestBlock(run(LONGEST)) };
}
console.log(JSON.stringify(results));
process.exit(0);
