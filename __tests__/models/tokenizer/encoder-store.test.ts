import { describe, expect, it } from 'vitest';
import { TokenizerUnavailableError } from '../../../src/core/errors.js';
import { EncoderStore } from '../../../src/models/tokenizer/encoder-store.js';
import type { EncodingName } from '../../../src/models/tokenizer/encoding-name.js';
import type { PublishedRanks } from '../../../src/models/tokenizer/published-ranks.js';

const bytes = Array.from({ length: 256 }, (_, byte) => btoa(String.fromCharCode(byte)));
const RANKS: PublishedRanks = { bpe_ranks: `! 0 ${bytes.join(' ')}`, special_tokens: {} };
const noPause = async () => {};

describe('the encoders of a process', () => {
  it('are built once per encoding, also for calls that come while one is being built', async () => {
    const loaded: EncodingName[] = [];
    const store = new EncoderStore(async (name) => {
      loaded.push(name);
      return RANKS;
    }, noPause);
    const [first, second] = await Promise.all([store.get('o200k_base'), store.get('o200k_base')]);
    expect(second).toBe(first);
    expect(await store.get('o200k_base')).toBe(first);
    expect(await store.get('cl100k_base')).not.toBe(first);
    expect(loaded).toEqual(['o200k_base', 'cl100k_base']);
  });

  it('are built with pauses in between', async () => {
    let pauses = 0;
    const store = new EncoderStore(
      async () => RANKS,
      async () => void pauses++,
    );
    await store.get('o200k_base');
    expect(pauses).toBeGreaterThan(0);
  });

  it.each([
    ['cannot be loaded', () => Promise.reject(new Error('no such package'))],
    ['are malformed', () => Promise.resolve({ ...RANKS, bpe_ranks: 'of another form' })],
  ])('whose ranks %s fail with an error that says so, and are tried again the next time', async (_, failing) => {
    let load: () => Promise<PublishedRanks> = failing;
    const store = new EncoderStore(() => load(), noPause);
    const error = await store.get('o200k_base').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TokenizerUnavailableError);
    expect(error).toMatchObject({ code: 'TOKENIZER_UNAVAILABLE', cause: expect.any(Error) });
    load = async () => RANKS;
    expect((await store.get('o200k_base')).name).toBe('o200k_base');
  });
});
