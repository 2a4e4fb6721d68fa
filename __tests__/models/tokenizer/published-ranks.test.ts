import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../src/models/tokenizer/encoder.js';
import { type PublishedRanks, readRanks } from '../../../src/models/tokenizer/published-ranks.js';
import { pieceEndCl100k } from '../../../src/models/tokenizer/split-text.js';

/** Every single byte, as each published encoding has them. */
const BYTES = Array.from({ length: 256 }, (_, byte) => btoa(String.fromCharCode(byte)));
const small = (bpe_ranks: string, special_tokens = {}): PublishedRanks => ({ bpe_ranks, special_tokens });

function read(ranks: PublishedRanks) {
  const work = readRanks(ranks);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function encode(ranks: PublishedRanks, text: string): number[] {
  const work = new Encoder('small', read(ranks), pieceEndCl100k).encode(text);
  return work.next().value as number[];
}

describe('published ranks', () => {
  it('may stand on several lines, each with its own first id', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')}\n! 300 ${btoa('ab')} ${btoa('abc')}\n`);
    expect(encode(ranks, 'abc ab a')).toEqual([301, 32, 300, 32, 97]);
  });

  it('decide which neighbours are merged first: the lower one, then the one further left', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')} ${btoa('bc')} ${btoa('ab')} ${btoa('aa')}`);
    expect(encode(ranks, 'abcab')).toEqual([97, 256, 257]);
    expect(encode(ranks, 'aaaaa')).toEqual([258, 258, 97]);
  });

  it('may hold tokens of every length up to a kilobyte', () => {
    const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 128, 1_024];
    const tokens = lengths.slice(1).map((length) => btoa('x'.repeat(length)));
    const ranks = small(`! 0 ${BYTES.join(' ')} ${tokens.join(' ')}`);
    expect(lengths.map((length) => encode(ranks, 'x'.repeat(length)))).toEqual(
      lengths.map((_, index) => [index === 0 ? 120 : 255 + index]),
    );
  });

  it('name special tokens, which are decoded but never encoded to', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')}`, { '<|end|>': 400 });
    expect(new Encoder('small', read(ranks), pieceEndCl100k).decode([400, 97])).toBe('<|end|>a');
    expect(encode(ranks, '<|end|>')).not.toContain(400);
  });

  it.each([
    ['without a header', BYTES.join(' ')],
    ['with something other than base64', `! 0 ${BYTES.join(' ')} a,b`],
    ['with an empty token', `! 0 ${BYTES.join(' ')}  ${btoa('ab')}`],
    ['with a token of more than a kilobyte', `! 0 ${BYTES.join(' ')} ${btoa('x'.repeat(1_025))}`],
    ['without one of the 256 bytes', `! 0 ${BYTES.slice(1).join(' ')}`],
    ['with nothing at all', ''],
  ])('%s are refused', (_, bpeRanks) => {
    expect(() => read(small(bpeRanks))).toThrow();
  });
});
