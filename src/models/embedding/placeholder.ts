import { classifyFailure } from '../../core/classify-failure.js';
import { EmbeddingSpaceMismatchError, InvalidInputError } from '../../core/errors.js';
import { type FallbackVectorReason, fallbackVector } from '../../core/fallback-vectors.js';
import type { ModelContext } from '../context.js';

type PlaceholderContext = Pick<ModelContext, 'config' | 'clock' | 'observer' | 'dimensions'>;

/**
 * The specification's fallback vector for a TEXT_EMBEDDING call that no provider could answer, told to the observer.
 * @param errors of the providers that were asked, in order.
 * @returns undefined for other model types, with `ELIZANET_EMBEDDING_ON_ERROR=throw`, and for failures that do not pass:
 * an input that no provider can take, and embeddings of another space, which a placeholder would hide for a whole outage.
 */
export function placeholderFor(
  context: PlaceholderContext,
  modelType: string,
  errors: readonly unknown[],
): number[] | undefined {
  const { config, clock, observer } = context;
  if (modelType !== 'TEXT_EMBEDDING' || config.ELIZANET_EMBEDDING_ON_ERROR === 'throw') return undefined;
  if (!config.ELIZANET_FALLBACK_ENABLED || errors.some(isLasting)) return undefined;
  const { kind } = classifyFailure(errors.at(-1), clock.wallNow());
  observer.tell({ type: 'placeholder_served', modelType, reason: kind });
  const reason: FallbackVectorReason = kind === 'network' || kind === 'timeout' ? 'NETWORK_ERROR' : 'API_ERROR';
  return fallbackVector(reason, context.dimensions());
}

function isLasting(error: unknown): boolean {
  return error instanceof EmbeddingSpaceMismatchError || error instanceof InvalidInputError;
}
