import { type IAgentRuntime, ModelType } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, type GuardedOptions, primary } from '../../lab/guarded.js';
import { tiktokenIds } from '../../lab/tokenizer-texts.js';
import { getLastAttempts } from '../../src/index.js';

let guarded: Guarded;
const start = async (options: GuardedOptions) => {
  guarded = await createGuarded(options);
  return guarded.runtime;
};
const encode = (runtime: IAgentRuntime, prompt: string) =>
  runtime.useModel(ModelType.TEXT_TOKENIZER_ENCODE, { prompt, modelType: ModelType.TEXT_LARGE });
const decode = (runtime: IAgentRuntime, tokens: number[]) =>
  runtime.useModel(ModelType.TEXT_TOKENIZER_DECODE, { tokens, modelType: ModelType.TEXT_LARGE });

const OWN = tiktokenIds('o200k_base', 'hello there');

/** A primary with its own encoding, which records its calls and throws on special tokens as js-tiktoken does. */
function tokenizingPrimary() {
  const calls: string[] = [];
  const plugin = primary({
    TEXT_TOKENIZER_ENCODE: ({ prompt }) => {
      calls.push('encode');
      if (String(prompt).includes('<|endoftext|>')) {
        throw new Error('The text contains a special token that is not allowed: <|endoftext|>');
      }
      return [1, 2];
    },
    TEXT_TOKENIZER_DECODE: () => {
      calls.push('decode');
      return 'by the primary';
    },
  });
  return { plugin, calls };
}

afterEach(() => guarded.stop());

describe("a primary's tokenizer", () => {
  it('encodes and decodes while it works', async () => {
    const { plugin } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin] });
    expect(await encode(runtime, 'hello there')).toEqual([1, 2]);
    expect(await decode(runtime, [1, 2])).toBe('by the primary');
    expect(getLastAttempts(runtime)).toEqual([]);
  });

  it("that cannot encode a text is replaced by ElizaNet's, for decoding too: ids depend on the encoding", async () => {
    const { plugin, calls } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin] });
    const ids = await encode(runtime, 'a<|endoftext|>b');
    expect(getLastAttempts(runtime)).toMatchObject([
      { provider: 'primary', outcome: 'failed' },
      { provider: 'elizanet-fallback', outcome: 'answered' },
    ]);
    expect(await decode(runtime, ids)).toBe('a<|endoftext|>b');
    expect(await encode(runtime, 'hello there')).toEqual(OWN);
    expect(calls).toEqual(['encode']);
  });

  it('is replaced regardless of ELIZANET_FALLBACK_ON, because no data leaves the process', async () => {
    const { plugin } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin], settings: { ELIZANET_FALLBACK_ON: 'rate_limit' } });
    expect(await decode(runtime, await encode(runtime, '<|endoftext|>'))).toBe('<|endoftext|>');
  });

  it('that returns no tokens for a text, as plugin-groq always does, is replaced', async () => {
    const runtime = await start({
      plugins: [primary({ TEXT_TOKENIZER_ENCODE: () => [], TEXT_TOKENIZER_DECODE: () => '' }, 'groq')],
    });
    expect(await encode(runtime, 'hello there')).toEqual(OWN);
    expect(await decode(runtime, OWN)).toBe('hello there');
  });
});

describe('with ELIZANET_PREFER_OWN_TOKENIZER', () => {
  const settings = { ELIZANET_PREFER_OWN_TOKENIZER: true };

  it("ElizaNet's tokenizer is used, and core's log names it", async () => {
    const { plugin, calls } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin], settings });
    expect(await encode(runtime, 'hello there')).toEqual(OWN);
    expect(await decode(runtime, OWN)).toBe('hello there');
    expect(await decode(runtime, await encode(runtime, '<|endoftext|>'))).toBe('<|endoftext|>');
    expect(calls).toEqual([]);
    expect(new Set(guarded.logs.map(({ provider }) => provider))).toEqual(new Set(['elizanet-fallback']));
    expect(getLastAttempts(runtime)).toEqual([]);
  });

  it('a text above ELIZANET_MAX_INPUT_LENGTH does not fail over to the primary', async () => {
    const { plugin, calls } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin], settings: { ...settings, ELIZANET_MAX_INPUT_LENGTH: 10 } });
    const error = await encode(runtime, 'x'.repeat(11)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(calls).toEqual([]);
  });

  it('a call pinned to the primary goes to the primary', async () => {
    const { plugin } = tokenizingPrimary();
    const runtime = await start({ plugins: [plugin], settings });
    const params = { prompt: 'hello there', modelType: ModelType.TEXT_LARGE };
    expect(await runtime.useModel(ModelType.TEXT_TOKENIZER_ENCODE, params, 'primary')).toEqual([1, 2]);
  });

  it('all other calls go to the primary first', async () => {
    const runtime = await start({ plugins: [primary({ TEXT_SMALL: () => 'mine' })], settings });
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('mine');
  });
});
