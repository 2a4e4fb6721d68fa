import type { TextEmbeddingParams } from '@elizaos/core';
import { classifyFailure } from '../../core/classify-failure.js';
import { EmbeddingSpaceMismatchError } from '../../core/errors.js';
import { type FallbackVectorReason, fallbackVector } from '../../core/fallback-vectors.js';
import { PROVIDER_NAME } from '../../core/provider-name.js';
import { currentAttempt } from '../../failover/attempt.js';
import { ElizaNetEvent, emit } from '../../observe/events.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { assertSameSpace } from './check-space.js';
import { cutToContext, mayExceedContext } from './cut-to-context.js';

const MODEL_TYPE = 'TEXT_EMBEDDING';

/**
 * Serves TEXT_EMBEDDING.
 *
 * Null and blank text are answered without a request, by the specification's marked vectors: core asks for one at its
 * start to learn the width. A failed request is answered by one too, or thrown, as `ELIZANET_EMBEDDING_ON_ERROR` says.
 * @returns `number[]` as long as the vectors in the agent's store.
 * @throws {InvalidInputError} for text that is too long, or no text at all.
 * @throws {EmbeddingSpaceMismatchError} when ElizaNet's vectors do not fit those in the agent's store.
 * @throws what failed, with `ELIZANET_EMBEDDING_ON_ERROR=throw`.
 */
export async function handleTextEmbedding(
  context: ModelContext,
  params: TextEmbeddingParams | string | null | undefined,
): Promise<number[]> {
  const { config } = context;
  if (params === null || params === undefined) return fallbackVector('NULL_INPUT', context.dimensions());
  const given = validateInput(textToEmbed(params) ?? '', 'text', config.ELIZANET_MAX_INPUT_LENGTH);
  if (given.trim() === '') return fallbackVector('EMPTY_TEXT', context.dimensions());
  try {
    const { ELIZANET_EMBEDDING_MODEL: model } = config;
    const text = mayExceedContext(given) ? await cutToContext(context, model, given) : given;
    return await embedInSpace(context, text);
  } catch (error) {
    // A stand-in is for failures that pass. With it in place of this one, an agent would store noise for a whole outage.
    if (error instanceof EmbeddingSpaceMismatchError) throw error;
    if (config.ELIZANET_EMBEDDING_ON_ERROR === 'throw' || !config.ELIZANET_FALLBACK_ENABLED) throw error;
    return standInVector(context, error);
  }
}

/** The text in the params of a TEXT_EMBEDDING call, if there is one. */
export function textToEmbed(params: unknown): unknown {
  return typeof params === 'object' ? (params as { text?: unknown } | null)?.text : params;
}

/** Within a failover the vector has to be of the primary's space. What the check costs travels in the same request. */
async function embedInSpace(context: ModelContext, text: string): Promise<number[]> {
  if (!currentAttempt(PROVIDER_NAME)) return embed(context, text);
  if (context.space.cosine(PROVIDER_NAME) !== undefined) {
    // Known by now: no text is sent for a vector that will not be used.
    await assertSameSpace(context);
    return embed(context, text);
  }
  const [vector] = await Promise.all([embed(context, text), assertSameSpace(context)]);
  return vector;
}

function embed(context: ModelContext, text: string): Promise<number[]> {
  const { ELIZANET_EMBEDDING_MODEL: model, ELIZANET_TIMEOUT: timeoutMs } = context.config;
  const cacheOf = [context.dimensions(), text];
  return runOperation(context, { modelType: MODEL_TYPE, model, timeoutMs, cacheOf }, async (signal) => {
    const { vector, ...details } = await context.embedder.embed(text, signal);
    return { value: vector, ...details, promptLength: text.length };
  });
}

/** Never served in silence: a made-up vector in a memory store finds nothing, and is found by nothing. */
function standInVector(context: ModelContext, error: unknown): number[] {
  const { kind } = classifyFailure(error, context.clock.wallNow());
  const reason: FallbackVectorReason = kind === 'network' || kind === 'timeout' ? 'NETWORK_ERROR' : 'API_ERROR';
  const attempt = currentAttempt(PROVIDER_NAME);
  // Within an attempt another provider may still embed; the guard takes the vector only when none does.
  if (attempt) attempt.standInFor = error;
  else announceStandIn(context, kind);
  return fallbackVector(reason, context.dimensions());
}

/** Says in the log and by an event that a vector is made up. */
export function announceStandIn({ log, runtime }: Pick<ModelContext, 'log' | 'runtime'>, reason: string): void {
  log.warn('serves a stand-in vector: no provider could embed; ELIZANET_EMBEDDING_ON_ERROR=throw prevents it', {
    reason,
  });
  emit(runtime, ElizaNetEvent.STAND_IN_SERVED, { modelType: MODEL_TYPE, reason });
}
