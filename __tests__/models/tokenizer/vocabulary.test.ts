import type { TiktokenBPE } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { describe, expect, it } from 'vitest';
import { countYields } from '../../../lab/count-yields.js';
import { Encoder } from '../../../src/models/tokenizer/encoder.js';
import { readVocabulary } from '../../../src/models/tokenizer/vocabulary.js';

/** Every single byte, as each published encoding has them. */
const BYTES = Array.from({ length: 256 }, (_, byte) => btoa(String.fromCharCode(byte)));
const small = (bpe_ranks: string, special_tokens = {}): TiktokenBPE => ({ ...cl100k, bpe_ranks, special_tokens });

const read = (ranks: TiktokenBPE) => countYields(readVocabulary(ranks)).value;
const encoder = (ranks: TiktokenBPE) => new Encoder('small', read(ranks), ranks.pat_str);
const encode = (ranks: TiktokenBPE, text: string) => countYields(encoder(ranks).encode(text)).value;

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

  it('may hold tokens that no merge reaches, which stand only for a whole piece', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')} ${btoa('abc')}`);
    expect(encode(ranks, 'abc')).toEqual([256]);
    expect(encode(ranks, 'abcd')).toEqual([97, 98, 99, 100]);
  });

  it('may hold tokens of every length', () => {
    const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 128, 1_024, 4_096];
    const tokens = lengths.slice(1).map((length) => btoa('x'.repeat(length)));
    const ranks = small(`! 0 ${BYTES.join(' ')} ${tokens.join(' ')}`);
    expect(lengths.map((length) => encode(ranks, 'x'.repeat(length)))).toEqual(
      lengths.map((_, index) => [index === 0 ? 120 : 255 + index]),
    );
  });

  it('may hold tokens of any bytes, which no character of the same number is taken for', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')} ${btoa('\xc3\xa9')} ${btoa('\xe9\xe9')}`);
    expect(encode(ranks, 'é')).toEqual([256]);
    expect(encode(ranks, 'éé')).toEqual([256, 256]);
  });

  it('name special tokens, which are decoded but never encoded to', () => {
    const ranks = small(`! 0 ${BYTES.join(' ')}`, { '<|end|>': 400 });
    expect(encoder(ranks).decode([400, 97])).toBe('<|end|>a');
    expect(encode(ranks, '<|end|>')).not.toContain(400);
  });

  it.each([
    ['without a header', BYTES.join(' ')],
    ['with something other than base64', `! 0 ${BYTES.join(' ')} a,b`],
    ['with a character too many', `! 0 ${BYTES.join(' ')} YWJ,j`],
    ['with an empty token', `! 0 ${BYTES.join(' ')}  ${btoa('ab')}`],
    ['without one of the 256 bytes', `! 0 ${BYTES.slice(1).join(' ')}`],
    ['with nothing at all', ''],
  ])('%s are refused', (_, bpeRanks) => {
    expect(() => read(small(bpeRanks))).toThrow();
  });

  it('are read with a pause at least every 1,024 tokens', () => {
    expect(countYields(readVocabulary(cl100k)).yields).toBeGreaterThanOrEqual(100_256 / 1_024 - 1);
  });
});
