import { describe, expect, it } from 'vitest';
import { PieceCache } from '../../../src/models/tokenizer/piece-cache.js';
import { encodeUtf8 } from '../../../src/models/tokenizer/utf8.js';
import { hashBytes, NONE, Vocabulary } from '../../../src/models/tokenizer/vocabulary.js';

const { bytes } = encodeUtf8('abcabd');

/** Pairs of texts of nine to twelve letters with one hash, some of one length and some of two. */
function collisions(): [string, string][] {
  const byHash = new Map<number, string>();
  const found: [string, string][] = [];
  for (let i = 0; found.length < 8; i++) {
    const text = `${i.toString(36).padStart(9, '_')}${'yyy'.slice(i % 4)}`;
    const hash = hashBytes(encodeUtf8(text).bytes, 0, text.length);
    const other = byHash.get(hash);
    if (other) found.push([other, text]);
    byHash.set(hash, text);
  }
  return found;
}

describe('a vocabulary', () => {
  it('tells long tokens of the same hash from texts that are none', () => {
    for (const [token, other] of collisions()) {
      const vocabulary = new Vocabulary(100, 10);
      const text = encodeUtf8(`${token}${other}`);
      vocabulary.add(7, text.bytes, token.length);
      expect(vocabulary.idOf(text, 0, token.length)).toBe(7);
      expect(vocabulary.idOf(text, token.length, token.length + other.length)).toBe(NONE);
    }
  });

  it('tells a short token from its beginnings and from what it begins', () => {
    const vocabulary = new Vocabulary(100, 10);
    vocabulary.add(3, bytes, 2);
    const text = encodeUtf8('abc');
    expect([1, 2, 3].map((end) => vocabulary.idOf(text, 0, end))).toEqual([NONE, 3, NONE]);
  });
});

describe('the cache of pieces', () => {
  it('gives back only what was put in for the very same bytes', () => {
    const cache = new PieceCache();
    const slot = cache.slotOf(bytes, 0, 3);
    cache.set(slot, bytes, 0, 3, [1, 2]);
    expect(cache.get(slot, bytes, 0, 3)).toEqual([1, 2]);
    for (const [start, end] of [
      [0, 2],
      [0, 4],
      [3, 6],
    ] as const)
      expect(cache.get(slot, bytes, start, end)).toBeUndefined();
  });

  it('keeps the newest two pieces of a place', () => {
    const cache = new PieceCache();
    for (let i = 0; i < 3; i++) cache.set(4, bytes, i, i + 1, [i]);
    expect([0, 1, 2].map((i) => cache.get(4, bytes, i, i + 1))).toEqual([undefined, [1], [2]]);
  });
});
