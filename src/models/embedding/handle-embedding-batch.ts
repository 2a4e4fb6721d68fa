import { InvalidInputError } from '../../core/errors.js';
import { isRecord } from '../../core/is-record.js';
import { signalsIn } from '../../core/user-abort.js';
import type { ModelContext } from '../context.js';
import { embedText } from './handle-embedding.js';

const SINGLE_TYPE = 'TEXT_EMBEDDING';

/**
 * Serves TEXT_EMBEDDING_BATCH (core 2.x). Where another provider embeds single texts, each text is asked of the agent instead:
 * most providers have no handler for batches, and ElizaNet's vectors may be of another space than those in the agent's store.
 * Where ElizaNet is the only one, all texts share one request,
 * and a failure is thrown: core then embeds one by one.
 * @param params `{ texts: string[] }`
 * @returns a vector for each text, in the same order.
 * @throws {InvalidInputError} for anything but a list of texts, and what `handleTextEmbedding` throws.
 */
export async function handleEmbeddingBatch(context: ModelContext, params: unknown): Promise<number[][]> {
  const texts = isRecord(params) ? params.texts : undefined;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    throw new InvalidInputError('TEXT_EMBEDDING_BATCH takes { texts }, a list of strings');
  }
  const [signal, abortSignal] = signalsIn(params);
  const single = (text: string) => ({ text, ...(signal ? { signal } : {}), ...(abortSignal ? { abortSignal } : {}) });
  const { runtime } = context;
  if (context.isOnlyProviderOf(SINGLE_TYPE)) {
    return Promise.all(texts.map((text) => embedText(context, single(text))));
  }
  return Promise.all(texts.map((text) => runtime.useModel(SINGLE_TYPE, single(text))));
}
