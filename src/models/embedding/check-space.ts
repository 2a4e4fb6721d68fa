import { SAME_SPACE_COSINE } from '../../core/embedding-space.js';
import { EmbeddingSpaceMismatchError } from '../../core/errors.js';
import { PROVIDER_NAME } from '../../core/provider-name.js';
import { emitModelUsed } from '../../observe/events.js';
import type { ModelContext } from '../context.js';
import { isRefusalOfText } from './embedder.js';

const UNCHECKED =
  "cannot tell whether its embeddings fit the agent's, since the primary has embedded nothing to compare with; make sure that ELIZANET_EMBEDDING_MODEL is the primary's model";
const ALLOWED =
  "serves embeddings of another space than the primary's, as ELIZANET_EMBEDDING_ON_MISMATCH=allow says; they find nothing in the agent's store";

/**
 * Sees to it that ElizaNet's vectors can be compared with those in the agent's store. With no vector of the primary to
 * compare with it warns once and lets them pass.
 * @throws {EmbeddingSpaceMismatchError} when they cannot, unless `ELIZANET_EMBEDDING_ON_MISMATCH=allow`.
 * @throws what kept ElizaNet from embedding the text to compare: then nothing is decided.
 */
export async function assertSameSpace(context: ModelContext): Promise<void> {
  const { config, log } = context;
  const cosine = await similarity(context);
  if (cosine === undefined) return log.warnOnce(UNCHECKED);
  if (cosine >= SAME_SPACE_COSINE) return;
  const shown = cosine.toFixed(2);
  if (config.ELIZANET_EMBEDDING_ON_MISMATCH === 'allow') return log.warnOnce(ALLOWED, { cosine: shown });
  throw new EmbeddingSpaceMismatchError(
    `the same text has another vector in each (cosine ${shown}, ${SAME_SPACE_COSINE} is needed)`,
    { model: config.ELIZANET_EMBEDDING_MODEL },
  );
}

/** No caller's signal is passed on: other callers wait for the same comparison. */
async function similarity({ space, embedder, runtime }: ModelContext): Promise<number | undefined> {
  return space.compare(PROVIDER_NAME, async (text) => {
    try {
      const { vector, usage } = await embedder.embed(text);
      if (usage) emitModelUsed(runtime, 'TEXT_EMBEDDING', text.length, usage);
      return vector;
    } catch (error) {
      // A refusal of this one text must not keep every other text from being embedded.
      if (isRefusalOfText(error)) return undefined;
      throw error;
    }
  });
}
