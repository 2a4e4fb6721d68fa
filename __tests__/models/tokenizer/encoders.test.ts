import type { TiktokenBPE } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { describe, expect, it } from 'vitest';
import { countYields } from '../../../lab/count-yields.js';
import { TokenizerUnavailableError } from '../../../src/core/errors.js';
import { Encoders } from '../../../src/models/tokenizer/encoders.js';
import type { EncodingName } from '../../../src/models/tokenizer/encoding-name.js';

const bytes = Array.from({ length: 256 }, (_, byte) => btoa(String.fromCharCode(byte)));
const RANKS: TiktokenBPE = { pat_str: '.', bpe_ranks: `! 0 ${bytes.join(' ')}`, special_tokens: {} };

describe('the encoders of a process', () => {
  it('are built once per encoding, also for calls that come while one is being built', async () => {
    const loaded: EncodingName[] = [];
    const encoders = new Encoders(async (name) => {
      loaded.push(name);
      return RANKS;
    });
    const [first, second] = await Promise.all([encoders.get('o200k_base'), encoders.get('o200k_base')]);
    expect(second).toBe(first);
    expect(await encoders.get('o200k_base')).toBe(first);
    expect(await encoders.get('cl100k_base')).not.toBe(first);
    expect(loaded).toEqual(['o200k_base', 'cl100k_base']);
  });

  it('are built in slices, between which everything else has its turn', async () => {
    const encoders = new Encoders(async () => cl100k);
    let turns = 0;
    let built = false;
    const count = () => {
      turns++;
      if (!built) setImmediate(count);
    };
    setImmediate(count);
    await encoders.get('cl100k_base');
    built = true;
    expect(turns).toBeGreaterThanOrEqual(100_256 / 1_024 - 1);
  });

  it.each([
    ['cannot be loaded', () => Promise.reject(new Error('no such package'))],
    ['are malformed', () => Promise.resolve({ ...RANKS, bpe_ranks: 'of another form' })],
    ['have a pattern that is none', () => Promise.resolve({ ...RANKS, pat_str: '(' })],
  ])('whose ranks %s fail with an error that says so, and are tried again the next time', async (_, failing) => {
    let load: () => Promise<TiktokenBPE> = failing;
    const encoders = new Encoders(() => load());
    const error = await encoders.get('o200k_base').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TokenizerUnavailableError);
    expect(error).toMatchObject({ code: 'TOKENIZER_UNAVAILABLE', cause: expect.any(Error) });
    load = async () => RANKS;
    expect((await encoders.get('o200k_base')).name).toBe('o200k_base');
  });

  it('refuse a text that the published pattern leaves something out of', async () => {
    const encoder = await new Encoders(async () => RANKS).get('o200k_base');
    expect(countYields(encoder.encode('ab')).value).toEqual([97, 98]);
    expect(() => countYields(encoder.encode('a\nb'))).toThrow('leaves out character 1');
  });
});
