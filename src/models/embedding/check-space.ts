import { SAME_SPACE_COSINE } from '../../core/embedding-space.js';
import { EmbeddingSpaceMismatchError } from '../../core/errors.js';
import type { ModelContext } from '../context.js';
import { tokenCounts } from '../token-counts.js';
import { isRefusalOfText } from './embedder.js';
import { textToEmbed } from './text-to-embed.js';

/** Embeds a text with the provider that is checked. */
export type Embed = (text: string) => Promise<ArrayLike<number>>;

/**
 * Lets a provider embed in place of the agent's primary, when its vectors are of the same space: two models of equal
 * width are still two spaces, and a vector of the wrong one finds nothing. ElizaNet's comparison runs beside its first call, so
 * that it gets both texts in one request; any other provider is asked only after it. While nothing can be compared, ElizaNet
 * embeds, since its model is chosen for this store, and other providers do not.
 * @param context of the provider's route, if it is one of ElizaNet.
 * @param embed embeds a text with that provider; undefined for ElizaNet, which is asked directly.
 * @param call the call itself.
 * @throws {EmbeddingSpaceMismatchError} when the spaces differ, unless `ELIZANET_EMBEDDING_ON_MISMATCH=allow`.
 * @throws what `call` throws, and what kept the provider from embedding the text to compare.
 */
export async function embedInSpace<T>(
  context: ModelContext,
  provider: string,
  params: unknown,
  embed: Embed | undefined,
  call: () => Promise<T>,
): Promise<T> {
  const text = textToEmbed(params);
  if (typeof text !== 'string' || text.trim() === '') return call();
  const check = () => assertSameSpace(context, provider, embed);
  if (!embed && context.space.cosine(provider) === undefined) {
    return (await Promise.all([call(), check()]))[0];
  }
  await check();
  return call();
}

async function assertSameSpace(context: ModelContext, provider: string, embed: Embed | undefined): Promise<void> {
  const { config, log } = context;
  const own = !embed;
  const isAllowed = config.ELIZANET_EMBEDDING_ON_MISMATCH === 'allow';
  const cosine = await similarity(context, provider, embed ?? ownEmbed(context));
  if (cosine === undefined) {
    if (own || isAllowed) return log.writeOnce('space_unknown', { provider });
    throw new EmbeddingSpaceMismatchError(provider, 'nothing has been embedded yet that they could be compared with');
  }
  if (cosine >= SAME_SPACE_COSINE) return;
  const shown = cosine.toFixed(2);
  if (isAllowed) return log.writeOnce('space_differs', { provider, cosine: shown });
  throw new EmbeddingSpaceMismatchError(
    provider,
    `the same text has another vector in each (cosine ${shown}, ${SAME_SPACE_COSINE} is needed)`,
    own ? { model: config.ELIZANET_EMBEDDING_MODEL } : {},
  );
}

/** The abort signal of the call is not passed on: other callers wait for the same comparison. */
function similarity({ space }: ModelContext, provider: string, embed: Embed): Promise<number | undefined> {
  return space.compare(provider, async (text) => {
    try {
      return await embed(text);
    } catch (error) {
      // A refusal of this one text must not keep every other text from being embedded.
      if (isRefusalOfText(error)) return undefined;
      throw error;
    }
  });
}

function ownEmbed({ provider, config, embedder, observer }: ModelContext): Embed {
  return async (text) => {
    const { vector, usage } = await embedder.embed(text);
    observer.tell({
      type: 'comparison_completed',
      model: config.ELIZANET_EMBEDDING_MODEL,
      provider,
      tokens: usage && tokenCounts(usage),
      promptLength: text.length,
    });
    return vector;
  };
}
