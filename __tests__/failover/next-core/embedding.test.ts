import { afterEach, describe, expect, it } from 'vitest';
import { embeddingModel, inHalfPrecision } from '../../../lab/embedding-spaces.js';
import { primary, statusError } from '../../../lab/guarded.js';
import { createNextGuarded, type NextGuarded } from '../../../lab/next-core/guarded.js';
import { turns } from '../../../lab/timed-call.js';
import { TransportError, type TransportRequest } from '../../../src/http/transport/transport.js';
import { AllProvidersFailedError } from '../../../src/index.js';

const WIDTH = 64;
const KNOWN = 'The lighthouse keeper writes a letter every evening.';
const NEW = 'Quarterly revenue grew by nine percent.';
const mine = embeddingModel(1, WIDTH);
const other = embeddingModel(2, WIDTH);

let guarded: NextGuarded;
afterEach(() => guarded.stop());

type Embed = (text: string) => number[];
const down: Embed = () => {
  throw statusError(503);
};
const embedding = (embed: () => Embed, name: string) =>
  primary({ TEXT_EMBEDDING: (params) => embed()(String(params?.text ?? '')) }, name);
const embed = (text: string) => guarded.runtime.useModel('TEXT_EMBEDDING', { text });

/** An agent with two providers; the first one fails the width probe, so that the second one is pinned. */
async function pinned(elizaNet: Embed) {
  const now = { a: down, b: mine as Embed };
  guarded = await createNextGuarded({
    plugins: [{ ...embedding(() => now.a, 'a'), priority: 5 }, embedding(() => now.b, 'b')],
    elizaNet: { vector: elizaNet },
    settings: { ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH), ELIZANET_EMBEDDING_ON_ERROR: 'throw' },
  });
  await guarded.core.probeEmbedding();
  expect(await embed(KNOWN)).toEqual(mine(KNOWN));
  return now;
}

describe('[row 104] when the provider of the agent’s vectors fails', () => {
  it('no other provider of core is asked, and ElizaNet embeds in the same space', async () => {
    const now = await pinned(inHalfPrecision(mine));
    now.a = other;
    now.b = down;
    const vector = await embed(NEW);
    expect(vector).toHaveLength(WIDTH);
    expect(vector[0]).toBeCloseTo(mine(NEW)[0] as number, 3);
  });

  it('ElizaNet does not embed in another space', async () => {
    const now = await pinned(other);
    now.b = down;
    const error = await embed(NEW).catch((error) => error);
    expect(error).toBeInstanceOf(AllProvidersFailedError);
    expect((error as AllProvidersFailedError).errors.at(-1)).toMatchObject({ name: 'EmbeddingSpaceMismatchError' });
  });
});

it('ElizaNet embeds in the same space only, also where core itself asks it', async () => {
  let now: Embed = mine;
  guarded = await createNextGuarded({
    plugins: [embedding(() => now, 'a')],
    elizaNet: { vector: other },
    settings: { ELIZANET_EMBEDDING_DIMENSIONS: String(WIDTH), ELIZANET_EMBEDDING_ON_ERROR: 'throw' },
  });
  await embed(KNOWN);
  now = down;
  await expect(embed(NEW)).rejects.toBeInstanceOf(AllProvidersFailedError);
  expect(guarded.core.ledgers.at(-1)?.map(({ provider }) => provider)).toEqual(['a', 'elizanet-fallback']);
});

it('ElizaNet is sent no text, to compare vectors either, when ELIZANET_MODEL_TYPES leaves embeddings out', async () => {
  let now: Embed = mine;
  const sent: string[] = [];
  const exchange = async ({ path }: TransportRequest, onEnd: () => void) => {
    sent.push(path);
    onEnd();
    throw new TransportError(new Error('no'), 'connect', 1);
  };
  guarded = await createNextGuarded({
    plugins: [embedding(() => now, 'a'), embedding(() => down, 'b')],
    options: { transport: () => ({ exchange, destroy() {} }) },
    settings: { ELIZANET_MODEL_TYPES: 'text', ELIZANET_EMBEDDING_ON_ERROR: 'throw' },
  });
  await embed(KNOWN);
  now = down;
  await expect(embed(NEW)).rejects.toBeInstanceOf(Error);
  await turns(10);
  expect(sent).toEqual([]);
});

it('a failed batch is no failure of a call: core then embeds one by one', async () => {
  guarded = await createNextGuarded({
    plugins: [primary({ TEXT_EMBEDDING_BATCH: () => Promise.reject(statusError(503)) }, 'a')],
  });
  const batch = guarded.runtime.useModel('TEXT_EMBEDDING_BATCH' as 'TEXT_EMBEDDING', { texts: ['one'] } as never);
  await expect(batch).rejects.toMatchObject({ statusCode: 503 });
  expect(guarded.elizaNet.calls).toHaveLength(0);
});
