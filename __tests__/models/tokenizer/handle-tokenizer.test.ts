import { type IAgentRuntime, ModelType, trimTokens } from '@elizaos/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createGuarded, type Guarded, type primary } from '../../../lab/guarded.js';
import { tiktokenIds } from '../../../lab/tokenizer-texts.js';

let guarded: Guarded;
const start = async (
  settings: Record<string, string | number | boolean> = {},
  ...primaries: ReturnType<typeof primary>[]
) => {
  guarded = await createGuarded({ settings, plugins: primaries });
  return guarded.runtime;
};
const encode = (runtime: IAgentRuntime, prompt: string, modelType: string = ModelType.TEXT_LARGE) =>
  runtime.useModel(ModelType.TEXT_TOKENIZER_ENCODE, { prompt, modelType });
const decode = (runtime: IAgentRuntime, tokens: number[], modelType: string = ModelType.TEXT_LARGE) =>
  runtime.useModel(ModelType.TEXT_TOKENIZER_DECODE, { tokens, modelType });
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error) => error,
  );

afterEach(() => guarded.stop());

describe("ElizaNet's tokenizer", () => {
  it('encodes and decodes in the encoding of the model of the type', async () => {
    const runtime = await start({ ELIZANET_SMALL_MODEL: 'openai/gpt-4-turbo', ELIZANET_LARGE_MODEL: 'gpt-4o' });
    const text = 'Grüße aus München, 中文 und 👍🏽';
    for (const [type, encoding] of [
      ['TEXT_SMALL', 'cl100k_base'],
      ['TEXT_LARGE', 'o200k_base'],
    ] as const) {
      const ids = await encode(runtime, text, type);
      expect(ids).toEqual(tiktokenIds(encoding, text));
      expect(await decode(runtime, ids, type)).toBe(text);
    }
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it.each([
    ['both known', 'gpt-4-turbo', 'gpt-4o', 'cl100k_base', 'o200k_base'],
    ['both unknown', 'claude-haiku', 'claude-sonnet', 'o200k_base', 'o200k_base'],
    ['the small one unknown', 'claude-haiku', 'gpt-4-turbo', 'cl100k_base', 'cl100k_base'],
    ['the large one unknown', 'gpt-4-turbo', 'claude-sonnet', 'cl100k_base', 'cl100k_base'],
  ] as const)(
    'decodes ids of a type by the encoding that they were made with: %s',
    async (_, small, large, ofSmall, ofLarge) => {
      const runtime = await start({ ELIZANET_SMALL_MODEL: small, ELIZANET_LARGE_MODEL: large });
      const text = 'internationalization, 中文 und 👍🏽';
      const types = { TEXT_SMALL: ofSmall, OBJECT_SMALL: ofSmall, TEXT_LARGE: ofLarge, constructor: ofLarge };
      for (const [type, encoding] of Object.entries(types)) {
        const ids = await encode(runtime, text, type);
        expect(ids).toEqual(tiktokenIds(encoding, text));
        expect(await decode(runtime, ids, type)).toBe(text);
      }
    },
  );

  it('decodes without a type what was encoded for a model that it does not know', async () => {
    const runtime = await start({ ELIZANET_SMALL_MODEL: 'claude-haiku', ELIZANET_LARGE_MODEL: 'gpt-4-turbo' });
    const ids = await encode(runtime, 'internationalization', 'TEXT_SMALL');
    expect(await decode(runtime, ids, 'TEXT_TOKENIZER_DECODE')).toBe('internationalization');
  });

  it('takes special tokens in a text for plain text, and decodes the ids of real ones', async () => {
    const runtime = await start();
    const ids = await encode(runtime, 'a<|endoftext|>b');
    expect(ids).not.toContain(199_999);
    expect(await decode(runtime, ids)).toBe('a<|endoftext|>b');
    expect(await decode(runtime, [199_999])).toBe('<|endoftext|>');
  });

  it('decodes a list that was cut within a character, with U+FFFD in its place', async () => {
    const runtime = await start();
    const ids = await encode(runtime, '𓀀');
    expect(ids.length).toBeGreaterThan(1);
    for (let kept = 1; kept < ids.length; kept++) expect(await decode(runtime, ids.slice(kept))).toMatch(/^\ufffd+$/);
  });

  it('keeps a byte order mark, and nothing of nothing', async () => {
    const runtime = await start();
    expect(await decode(runtime, await encode(runtime, '\ufeffid,name'))).toBe('\ufeffid,name');
    expect(await encode(runtime, '')).toEqual([]);
    expect(await decode(runtime, [])).toBe('');
  });

  it("serves core's trimTokens, which keeps the end of a prompt", async () => {
    const runtime = await start();
    const prompt = 'One sentence that is long enough to be trimmed, and then the end.';
    expect(await trimTokens(prompt, 5, runtime)).toBe(' and then the end.');
  });

  it('lets everything else have its turn while it encodes a long text', async () => {
    const runtime = await start();
    await encode(runtime, 'warm');
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await encode(runtime, 'a'.repeat(100_000));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  it('says once, at debug level, that a model it does not know is counted by o200k_base', async () => {
    const runtime = await start({ ELIZANET_LARGE_MODEL: 'claude-sonnet-4' });
    const debug = vi.spyOn(runtime.logger, 'debug');
    // Lines below the logger's level are not written.
    runtime.logger.level = 'debug';
    expect(await encode(runtime, 'hello there')).toEqual(tiktokenIds('o200k_base', 'hello there'));
    await decode(runtime, await encode(runtime, 'hello'));
    const lines = debug.mock.calls.filter(([, line]) => String(line).includes('claude-sonnet-4'));
    expect(lines).toHaveLength(1);
    debug.mockRestore();
    runtime.logger.level = 'fatal';
  });

  it.each([
    ['a prompt that is no string', (runtime: IAgentRuntime) => encode(runtime, 7 as never), 'prompt must be a string'],
    ['a prompt that is too long', (runtime: IAgentRuntime) => encode(runtime, 'x'.repeat(101)), 'more than the 100'],
    ['ids that are no whole numbers', (runtime: IAgentRuntime) => decode(runtime, [1.5]), 'non-negative whole numbers'],
    ['an id below zero', (runtime: IAgentRuntime) => decode(runtime, [-1]), 'non-negative whole numbers'],
    [
      'an id that no token has',
      (runtime: IAgentRuntime) => decode(runtime, [1, 199_998]),
      'tokens[1] is no token of o200k_base',
    ],
    ['an id of another world', (runtime: IAgentRuntime) => decode(runtime, [1e15]), 'tokens[0] is no token'],
  ])('refuses %s with an error that says so', async (_, call, words) => {
    const runtime = await start({ ELIZANET_MAX_INPUT_LENGTH: 100 });
    const error = await refusal(call(runtime));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain(words);
  });
});
