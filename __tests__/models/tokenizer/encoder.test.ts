import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText, HARD_RUNS, tiktokenIds } from '../../../lab/tokenizer-texts.js';
import { decodeText, encodeText } from '../../../src/models/tokenizer/encoders.js';
import type { EncodingName } from '../../../src/models/tokenizer/encoding-name.js';

describe.each<EncodingName>(['o200k_base', 'cl100k_base'])('%s', (encoding) => {
  it('gives the ids of tiktoken for texts of every kind, and that text back when it is well formed', async () => {
    const property = fc.asyncProperty(anyText, async (text) => {
      const ids = await encodeText(encoding, text);
      expect(ids).toEqual(tiktokenIds(encoding, text));
      // A lone surrogate has no UTF-8.
      expect(await decodeText(encoding, ids)).toBe(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
      );
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it.each(Object.entries(HARD_RUNS))(
    'gives the ids of tiktoken for a run of %s, alone and between words',
    async (_, unit) => {
      for (const count of [1, 2, 3, 127, 128, 129, 600]) {
        const run = unit.repeat(count);
        for (const text of [run, `${run} end`, `start${run}`, `start ${run}end`]) {
          expect(await encodeText(encoding, text)).toEqual(tiktokenIds(encoding, text));
        }
      }
    },
  );

  it.each(["'stop", "'tear", "'reading", "'vexed", "'made", "'llama", "'dear", "'x", "'", "'lead", "'r", "'ſtop"])(
    'cuts %s off a word where tiktoken does, in either case',
    async (ending) => {
      for (const word of ['they', 'THEY', '中', '7', '!', ' ', "'"]) {
        for (const text of [word + ending, word + ending.toUpperCase(), `${word}${ending} ${ending}`]) {
          expect(await encodeText(encoding, text)).toEqual(tiktokenIds(encoding, text));
        }
      }
    },
  );

  it('gives the same ids when a piece comes again, also after more pieces than it remembers', async () => {
    const pieces = Array.from({ length: 11_000 }, (_, i) => `灯塔${String.fromCodePoint(0x4e00 + i)}守人`);
    // Not equal as text, but equal as the bytes that are encoded.
    const text = `${pieces.join('\n')}\ud83d\ufffd \ufffd\ud83d`;
    const ids = tiktokenIds(encoding, text);
    expect(await encodeText(encoding, text)).toEqual(ids);
    expect(await encodeText(encoding, text)).toEqual(ids);
    expect(await encodeText(encoding, pieces[0] as string)).toEqual(tiktokenIds(encoding, pieces[0] as string));
  });

  it('encodes several texts at once, each as if it were alone', async () => {
    const texts = ['a', '中', "'s b ", '7', ' \n'].map((unit) => unit.repeat(20_000));
    const ids = await Promise.all(texts.map((text) => encodeText(encoding, text)));
    for (const [index, text] of texts.entries()) {
      expect(await decodeText(encoding, ids[index] as number[])).toBe(text);
      expect(ids[index]).toEqual(await encodeText(encoding, text));
    }
  });
});
