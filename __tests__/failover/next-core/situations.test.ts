import { afterEach, describe, expect, it } from 'vitest';
import { collector, ELIZANET_ANSWER, type GuardedOptions, primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import { nativeResult, nativeStream, STAGE_1, TOOL_CALL } from '../../../lab/next-core/native.js';

let guarded: NextGuarded;
const start = async (options: GuardedOptions) => {
  guarded = await createNextGuarded(options);
  return guarded.runtime;
};
const ask = (type: string, params: object = { prompt: 'hi' }): Promise<unknown> =>
  guarded.runtime.useModel(type as 'TEXT_LARGE', params as never);

afterEach(() => guarded.stop());

const fails = (status: number) => () => Promise.reject(statusError(status));
const VECTOR = Array.from({ length: 1536 }, (_, i) => Math.sin(i + 1));

describe('on a core that fails over itself', () => {
  it('[situation A] a primary that has only TEXT_SMALL and TEXT_LARGE answers RESPONSE_HANDLER', async () => {
    await start({ plugins: [primary({ TEXT_SMALL: () => nativeResult(), TEXT_LARGE: () => 'large' })] });
    expect(await ask('RESPONSE_HANDLER', STAGE_1)).toEqual(nativeResult());
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('[situation B] the brain provider answers, not one of higher priority', async () => {
    await start({
      plugins: [
        { ...primary({ TEXT_LARGE: () => 'of a' }, 'a'), priority: 5 },
        primary({ TEXT_LARGE: () => 'of b' }, 'b'),
      ],
      settings: { ELIZA_BRAIN_PROVIDER: 'b' },
    });
    expect(await ask('TEXT_LARGE')).toBe('of b');
  });

  it('[situation C] ElizaNet stands in for a brain provider that fails; no third provider is asked', async () => {
    let asked = 0;
    await start({
      plugins: [primary({ TEXT_LARGE: fails(429) }, 'a'), primary({ TEXT_LARGE: () => ++asked }, 'b')],
      settings: { ELIZA_BRAIN_PROVIDER: 'a' },
    });
    expect(await ask('TEXT_LARGE')).toBe(ELIZANET_ANSWER);
    expect(asked).toBe(0);
  });

  it('[situation D] a streamed native result keeps its tool calls', async () => {
    await start({ plugins: [primary({ TEXT_LARGE: () => nativeStream(['Let me ', 'look.']) })] });
    const { chunks, onStreamChunk } = collector();
    expect(await ask('TEXT_LARGE', { ...STAGE_1, onStreamChunk })).toMatchObject({
      text: 'Let me look.',
      toolCalls: [TOOL_CALL],
      providerMetadata: { modelName: 'm', provider: 'primary' },
    });
    expect(chunks).toEqual(['Let me ', 'look.']);
  });

  it("[situation E] [row 90] another model type of the same provider is asked before ElizaNet: core's chain", async () => {
    await start({ plugins: [primary({ RESPONSE_HANDLER: fails(503), TEXT_NANO: () => nativeResult() })] });
    expect(await ask('RESPONSE_HANDLER', STAGE_1)).toEqual(nativeResult());
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('[situation F] the provider that answered the width probe embeds, not one of higher priority', async () => {
    let probing = true;
    const a = { TEXT_EMBEDDING: () => (probing ? Promise.reject(statusError(503)) : VECTOR.map((n) => -n)) };
    await start({
      plugins: [{ ...primary(a, 'a'), priority: 5 }, primary({ TEXT_EMBEDDING: () => VECTOR }, 'b')],
    });
    await guarded.core.probeEmbedding();
    probing = false;
    expect(await ask('TEXT_EMBEDDING', { text: 'A memory' })).toEqual(VECTOR);
  });

  it('[situation G] [row 92] a provider that the preparation refuses is not asked, and the next one answers', async () => {
    let asked = 0;
    await start({
      plugins: [primary({ TEXT_LARGE: () => ++asked }, 'a'), primary({ TEXT_LARGE: () => 'of b' }, 'b')],
    });
    const prepareModelAttempt = ({ provider }: { provider: string }) => {
      if (provider === 'a') throw Object.assign(new Error('over budget'), { code: 'EVALUATOR_INPUT_OVER_BUDGET' });
    };
    expect(await ask('TEXT_LARGE', { prompt: 'hi', prepareModelAttempt })).toBe('of b');
    expect(asked).toBe(0);
  });

  it("[situation H] a call inside an action is sent to the action's model class", async () => {
    await start({ plugins: [primary({ TEXT_SMALL: () => 'small', TEXT_LARGE: () => 'large' })] });
    expect(await guarded.core.inAction(['TEXT_SMALL'], () => ask('TEXT_LARGE'))).toBe('small');
  });

  it('[situation K] a native result that was cut by length is an error of core, and ElizaNet is not asked', async () => {
    await start({ plugins: [primary({ TEXT_LARGE: () => nativeResult({ finishReason: 'length' }) })] });
    await expect(ask('TEXT_LARGE', STAGE_1)).rejects.toMatchObject({ code: 'MODEL_OUTPUT_INCOMPLETE' });
    expect(guarded.elizaNet.calls).toHaveLength(0);
  });

  it('[situation N] [row 97] an apology in the text of a native result fails over', async () => {
    const text = 'Error generating text. Please try again later.';
    await start({ plugins: [primary({ TEXT_LARGE: () => nativeResult({ text, toolCalls: [] }) }, 'groq')] });
    expect(await ask('TEXT_LARGE')).toBe(ELIZANET_ANSWER);
  });
});
