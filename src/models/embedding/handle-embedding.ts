import type { TextEmbeddingParams } from '@elizaos/core';
import { routeInScope } from '../../core/attempt-scope.js';
import { InvalidInputError } from '../../core/errors.js';
import { fallbackVector } from '../../core/fallback-vectors.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { cutToContext, mayExceedContext } from './cut-to-context.js';
import { placeholderFor } from './placeholder.js';
import { textToEmbed } from './text-to-embed.js';

const MODEL_TYPE = 'TEXT_EMBEDDING';

/**
 * Serves TEXT_EMBEDDING.
 *
 * Null and blank text are answered without a request, by the specification's marked vectors: core asks for one at its
 * start to learn the width. Inside an attempt of the guard a failure is thrown, because another provider may still embed;
 * outside of one it is answered by a placeholder vector, unless `ELIZANET_EMBEDDING_ON_ERROR=throw`.
 * @returns `number[]` as long as the vectors in the agent's store.
 * @throws {InvalidInputError} for text that is too long or not a string, and for params without `text`.
 * @throws {EmbeddingSpaceMismatchError} when ElizaNet's vectors cannot have the width of those in the agent's store.
 */
export async function handleTextEmbedding(
  context: ModelContext,
  params: TextEmbeddingParams | string | null | undefined,
): Promise<number[]> {
  try {
    return await embedText(context, params);
  } catch (error) {
    const placeholder = routeInScope() ? undefined : placeholderFor(context, MODEL_TYPE, [error]);
    if (!placeholder) throw error;
    return placeholder;
  }
}

/** The same without a placeholder for a failure. */
export async function embedText(
  context: ModelContext,
  params: TextEmbeddingParams | string | null | undefined,
): Promise<number[]> {
  if (params === null || params === undefined) return fallbackVector('NULL_INPUT', context.dimensions());
  const { ELIZANET_EMBEDDING_MODEL: model, ELIZANET_MAX_INPUT_LENGTH: maxLength } = context.config;
  if (typeof params === 'object' && !('text' in params)) {
    throw new InvalidInputError('TEXT_EMBEDDING takes { text }, a string, or null');
  }
  const given = validateInput(textToEmbed(params) ?? '', 'text', maxLength);
  if (given.trim() === '') return fallbackVector('EMPTY_TEXT', context.dimensions());
  return embed(context, mayExceedContext(given) ? await cutToContext(context, model, given) : given, params);
}

function embed(context: ModelContext, text: string, params: unknown): Promise<number[]> {
  const { ELIZANET_EMBEDDING_MODEL: model, ELIZANET_TIMEOUT: timeoutMs } = context.config;
  const cacheOf = [context.dimensions(), text];
  return runOperation(context, { modelType: MODEL_TYPE, model, timeoutMs, params, cacheOf }, async (signal) => {
    const { vector, ...details } = await context.embedder.embed(text, signal);
    return { value: vector, ...details, promptLength: text.length };
  });
}
