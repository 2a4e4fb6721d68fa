import { beforeAll, describe, expect, it } from 'vitest';
import { HARD_RUNS } from '../../../lab/tokenizer-texts.js';
import { Encoder } from '../../../src/models/tokenizer/encoder.js';
import { readRanks } from '../../../src/models/tokenizer/published-ranks.js';
import { pieceEndCl100k, pieceEndO200k } from '../../../src/models/tokenizer/split-text.js';

/** How often work pauses: it does so each time it has done a set amount. */
function countPauses<T>(work: Generator<void, T>): { pauses: number; value: T } {
  for (let pauses = 0; ; pauses++) {
    const step = work.next();
    if (step.done) return { pauses, value: step.value };
  }
}

/** How many bytes are looked at to cut a text into pieces. */
function countReads(pieceEnd: typeof pieceEndO200k, text: string): number {
  let reads = 0;
  const bytes = new TextEncoder().encode(text);
  const counted = new Proxy(bytes, {
    get(target, key) {
      if (key !== 'length') reads++;
      return Reflect.get(target, key);
    },
  });
  for (let at = 0; at < bytes.length; ) at = pieceEnd(counted, at);
  return reads;
}

describe('four times the text takes about four times the work', () => {
  let encoder: Encoder;
  beforeAll(async () => {
    const ranks = await import('js-tiktoken/ranks/cl100k_base');
    encoder = new Encoder('cl100k_base', countPauses(readRanks(ranks.default)).value, pieceEndCl100k);
  });

  it.each(Object.entries(HARD_RUNS))('to encode a run of %s', (_, unit) => {
    const [few, many] = [16_000, 64_000].map(
      (length) => countPauses(encoder.encode(unit.repeat(length / unit.length))).pauses,
    ) as [number, number];
    // The last, unfinished stretch before the end makes no pause.
    expect(many / (few + 1)).toBeLessThanOrEqual(5);
  });

  it.each([
    ['o200k_base', pieceEndO200k],
    ['cl100k_base', pieceEndCl100k],
  ] as const)('to cut any run into the pieces of %s, with and without what follows it', (_, pieceEnd) => {
    for (const [name, unit] of Object.entries(HARD_RUNS)) {
      for (const text of [(length: number) => unit.repeat(length), (length: number) => `${unit.repeat(length)}!A1`]) {
        const ratio = countReads(pieceEnd, text(4_000)) / countReads(pieceEnd, text(1_000));
        expect(ratio, name).toBeLessThanOrEqual(4.1);
      }
    }
  });
});

describe('pauses', () => {
  it('are made at least every 1,024 tokens while an encoding is read', async () => {
    const ranks = await import('js-tiktoken/ranks/cl100k_base');
    expect(countPauses(readRanks(ranks.default)).pauses).toBeGreaterThanOrEqual(100_256 / 1_024);
  });

  it('are made within a text only when it is long', async () => {
    const ranks = await import('js-tiktoken/ranks/cl100k_base');
    const encoder = new Encoder('cl100k_base', countPauses(readRanks(ranks.default)).value, pieceEndCl100k);
    expect(countPauses(encoder.encode('A sentence of a few words. '.repeat(300))).pauses).toBe(0);
    expect(countPauses(encoder.encode('A sentence of a few words. '.repeat(40_000))).pauses).toBeGreaterThan(50);
  });
});
