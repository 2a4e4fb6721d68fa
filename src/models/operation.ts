import { isAttemptOf, signalInScope } from '../core/attempt-scope.js';
import { classifyFailure } from '../core/classify-failure.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import { FAILURE_RULES } from '../core/failure-rules.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { emitModelUsed } from '../observe/events.js';
import type { Usage } from '../openai/schemas.js';
import { cacheKey } from './cache/cache-key.js';
import { isCachedValue } from './cache/cached-value.js';
import type { ResponseCache } from './cache/response-cache.js';
import type { ModelContext } from './context.js';

export interface Operation {
  /** The type that was asked for, such as `TEXT_SMALL`. */
  modelType: string;
  /** The upstream's model that serves it. */
  model: string;
  timeoutMs: number;
  /** What the answer depends on beside the model, as JSON values, when it is the same each time and may be kept. */
  cacheOf?: readonly unknown[];
}

/** Keeps what operations give back. */
export type AnswerCache = ResponseCache<OperationResult<unknown>>;

/** What an operation gives back, with what monitoring wants to know of it. */
export interface OperationResult<T> {
  value: T;
  requestId: string;
  usage?: Usage | null;
  /** How long the prompt was, in characters: all that events are told of it. */
  promptLength: number;
}

/**
 * Runs one request to ElizaNet: behind its breaker, with its log lines and its usage event. An answer that is kept in the
 * cache needs none of that.
 *
 * Inside an attempt of the guard the breaker is the guard's business, which also knows when to ask in spite of it.
 * @param run gets the signal to stop at.
 * @throws {ElizaNetUnavailableError} when the plugin is switched off.
 * @throws {ElizaNetUnavailableError} when ElizaNet failed a moment ago.
 */
export async function runOperation<T>(
  context: ModelContext,
  operation: Operation,
  run: (signal: AbortSignal | undefined) => Promise<OperationResult<T>>,
): Promise<T> {
  const { config, breakers, clock, log, runtime, cache } = context;
  const { modelType, model, timeoutMs, cacheOf } = operation;
  if (!config.ELIZANET_FALLBACK_ENABLED) throw ElizaNetUnavailableError.fallbackDisabled(modelType);
  const key = cache && cacheOf && cacheKey([config.ELIZANET_BASE_URL, modelType, model, ...cacheOf]);
  const accepts = (value: unknown) => isCachedValue(modelType, context.dimensions(), value);
  const kept = key && (await cache.get(key, accepts));
  if (kept) {
    log.debug(`${modelType} is answered from the cache`, { model });
    return kept.value as T;
  }
  const attempt = isAttemptOf(PROVIDER_NAME);
  const permit = attempt ? undefined : breakers.tryAcquire(PROVIDER_NAME, modelType);
  if (!attempt && !permit)
    throw ElizaNetUnavailableError.circuitOpen(modelType, breakers.retryAfterMs(PROVIDER_NAME, modelType));
  const signal = signalInScope();
  const startedAt = clock.now();
  log.debug(`${modelType} request`, {
    baseUrl: config.ELIZANET_BASE_URL,
    hasApiKey: !!config.ELIZANET_API_KEY,
    timeout: timeoutMs,
    model,
  });
  try {
    const { value, requestId, usage, promptLength } = await (key ? runOnce(cache, key, signal, run) : run(signal));
    permit?.success();
    log.info(`${modelType} completed`, {
      duration: clock.now() - startedAt,
      requestId,
      tokenUsage: usage ?? undefined,
    });
    if (usage) emitModelUsed(runtime, modelType, promptLength, usage);
    return value;
  } catch (error) {
    // Not wanted any more: nobody's failure.
    if (signal?.aborted) {
      permit?.release();
      throw error;
    }
    const failure = classifyFailure(error, clock.wallNow());
    permit?.failure(failure);
    log.error(`${modelType} failed`, {
      error: error instanceof Error ? error.message : 'unknown',
      statusCode: failure.statusCode,
      requestId: failure.requestId,
      retryable: FAILURE_RULES[failure.kind].failsOver === 'yes',
    });
    throw error;
  }
}

/** Callers of the same answer wait for one request. It is paid for, and counted as used, once. */
async function runOnce<T>(
  cache: AnswerCache,
  key: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<OperationResult<T>>,
): Promise<OperationResult<T>> {
  const { result, joined } = await cache.fill(key, signal, run);
  return { ...(result as OperationResult<T>), ...(joined ? { usage: undefined } : {}) };
}
