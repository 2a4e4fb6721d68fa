import cl100k from 'js-tiktoken/ranks/cl100k_base';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { beforeAll, describe, expect, it } from 'vitest';
import { countYields } from '../../../lab/count-yields.js';
import { HARD_RUNS } from '../../../lab/tokenizer-texts.js';
import { Encoder } from '../../../src/models/tokenizer/encoder.js';
import { piecePattern } from '../../../src/models/tokenizer/piece-pattern.js';
import { readVocabulary } from '../../../src/models/tokenizer/vocabulary.js';

const LIMIT = 5;

/**
 * Milliseconds of processor time of the fastest of three rounds, or of more as long as it is little above a limit: what
 * else runs on the machine slows some down. What grows with the square of the length takes 16 times as long for four
 * times of it, in every round.
 */
function fastest(work: () => void, limit: number): number {
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 || (ms > limit && ms < 2 * limit && round < 50); round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    ms = Math.min(ms, (user + system) / 1_000);
  }
  return ms;
}

describe.each([
  ['o200k_base', o200k],
  ['cl100k_base', cl100k],
] as const)('%s', (name, ranks) => {
  let encoder: Encoder;
  beforeAll(() => {
    encoder = new Encoder(name, countYields(readVocabulary(ranks)).value, ranks.pat_str);
  });

  it.each(Object.entries(HARD_RUNS))('makes at most five times as many steps for four times a run of %s', (_, unit) => {
    const [few, many] = [16_000, 64_000].map(
      (length) => countYields(encoder.encode(unit.repeat(length / unit.length))).yields,
    ) as [number, number];
    // The last, unfinished slice before the end yields nothing.
    expect(many / (few + 1)).toBeLessThanOrEqual(LIMIT);
  });

  it('encodes a run of 100,000 letters within 100 ms', () => {
    const text = 'a'.repeat(100_000);
    expect(fastest(() => countYields(encoder.encode(text)), 100)).toBeLessThanOrEqual(100);
  });

  it('takes less than twice the linear time to cut four times any run, with and without what follows it', () => {
    // Linear is 4, quadratic 16. The reads inside a regular expression cannot be counted, so processor time is measured.
    const limit = 8;
    const pattern = piecePattern(ranks.pat_str);
    // Some times, since once takes only some microseconds.
    const cut = (text: string) => {
      for (let time = 0; time < 8; time++) {
        pattern.lastIndex = 0;
        while (pattern.test(text));
      }
    };
    for (const [run, unit] of Object.entries(HARD_RUNS)) {
      for (const end of ['', '!A1', ' ']) {
        const few = unit.repeat(16_000 / unit.length) + end;
        const many = unit.repeat(64_000 / unit.length) + end;
        const ms = fastest(() => cut(few), 0);
        expect(fastest(() => cut(many), limit * ms) / ms, `${run}, then "${end}"`).toBeLessThanOrEqual(limit);
      }
    }
  });

  it('pauses within a text only when it is long', () => {
    const yields = (count: number) => countYields(encoder.encode('A sentence of a few words. '.repeat(count))).yields;
    expect(yields(300)).toBe(0);
    expect(yields(40_000)).toBeGreaterThan(50);
  });

  it('pauses within one long piece', () => {
    expect(countYields(encoder.encode('a'.repeat(100_000))).yields).toBeGreaterThan(20);
  });
});
