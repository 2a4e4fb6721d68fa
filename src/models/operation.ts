import { endpointAccount } from '../chain/account-name.js';
import { callIdInScope, routeInScope, signalInScope } from '../core/attempt-scope.js';
import type { ProviderPermit } from '../core/breaker-registry.js';
import { classifyFailure } from '../core/classify-failure.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import { namesType } from '../core/type-groups.js';
import { signalsIn, UserAbort } from '../core/user-abort.js';
import { type Config, sharesAnswers } from '../environment.js';
import type { OperationInfo } from '../observe/observer.js';
import { cacheKey } from './cache/cache-key.js';
import { isCachedValue } from './cache/cached-value.js';
import type { AnswerCache, ModelContext } from './context.js';
import type { OperationResult } from './operation-result.js';
import { tokenCounts } from './token-counts.js';

export interface Operation {
  /** The type that was asked for, such as `TEXT_SMALL`. */
  modelType: string;
  /** The endpoint's model that serves it. */
  model: string;
  timeoutMs: number;
  /** The caller's params, for the signals in them. */
  params: unknown;
  /** The value is a stream; its `settled` says when the operation is over. @default false */
  streamed?: boolean;
  /** What the answer depends on beside the model, as JSON values, when it is the same each time and may be kept. */
  cacheOf?: readonly unknown[];
  /** Checks a cached value, which can be damaged. @default by the model type */
  accepts?(value: unknown): boolean;
}

/**
 * Runs one request to ElizaNet: behind its circuit breaker, told to the observer, from the cache where it may be. A stream
 * is one operation until its end, so a stream that is cut counts as failed.
 *
 * Inside an attempt the guard holds the breaker's permit: it also knows when to ask in spite of an open circuit.
 * @param run gets the signal to stop at.
 * @throws the signal's reason when it has fired already.
 * @throws {ElizaNetUnavailableError} when the plugin is switched off, the circuit is open, or the settings do not allow
 * the request.
 */
export async function runOperation<T>(
  context: ModelContext,
  operation: Operation,
  run: (signal: AbortSignal | undefined) => Promise<OperationResult<T>>,
): Promise<T> {
  const { config, provider, breakers, observer, cache, endpoint } = context;
  const { modelType, model, timeoutMs, params, streamed = false, cacheOf } = operation;
  if (!namesType(config.ELIZANET_MODEL_TYPES, modelType)) {
    throw ElizaNetUnavailableError.skipped(endpoint.name, modelType, 'ELIZANET_MODEL_TYPES leaves it out');
  }
  if (!config.ELIZANET_FALLBACK_ENABLED) throw ElizaNetUnavailableError.fallbackDisabled(modelType);
  // core 2.x can call a handler past the guard, and then only the params have a signal.
  const { signal } = UserAbort.of([signalInScope(), ...signalsIn(params)]);
  if (signal?.aborted) throw signal.reason;
  const changedBy = endpoint.transforms?.names ?? [];
  const key = cache && cacheOf && cacheKey([addressOf(config), modelType, model, ...changedBy, ...cacheOf]);
  const accepts = operation.accepts ?? ((value: unknown) => isCachedValue(modelType, context.dimensions(), value));
  const kept = key && (await cache.get(key, accepts));
  if (kept) {
    observer.tell({ type: 'answered_from_cache', provider, modelType, model });
    return processed(context, operation, kept.value as T);
  }
  const guarded = routeInScope() !== undefined;
  const permit = guarded ? undefined : breakers.tryAcquire(provider, modelType);
  if (!guarded && !permit) {
    if (breakers.isIsolated(provider)) {
      throw ElizaNetUnavailableError.skipped(endpoint.name, modelType, 'isolated');
    }
    throw ElizaNetUnavailableError.circuitOpen(modelType, breakers.retryAfterMs(provider, modelType));
  }
  // Callers of the same answer share one request.
  const limit = key && cache.isUnderWay(key) ? undefined : context.budget?.take();
  if (limit !== undefined) {
    permit?.release();
    throw ElizaNetUnavailableError.skipped(endpoint.name, modelType, limit);
  }
  const callId = callIdInScope();
  const account = new Account(context, { provider, modelType, model, streamed, callId }, permit, signal);
  observer.tell({ type: 'operation_started', provider, modelType, model, streamed, callId, timeoutMs });
  let result: OperationResult<T>;
  try {
    result = await (key ? runOnce(cache, key, signal, run) : run(signal));
    if (result.settled) {
      result.settled.then(
        ({ cancelled, usage }) => (cancelled ? account.cancelled() : account.completed({ ...result, usage })),
        (error) => account.failed(error),
      );
    } else account.completed(result);
  } catch (error) {
    account.failed(error);
    throw error;
  }
  return processed(context, operation, result.value);
}

/** Answers that agents share are those of one account, and of one host for an address on loopback. */
function addressOf(config: Config): string {
  const { ELIZANET_BASE_URL: baseUrl, ELIZANET_API_KEY: apiKey } = config;
  return sharesAnswers(config) ? endpointAccount({ baseUrl, apiKey }) : baseUrl;
}

/** The value as extensions want it. A stream is delivered as it comes. */
function processed<T>(
  { processResponse }: ModelContext,
  { modelType, model, streamed }: Operation,
  value: T,
): T | Promise<T> {
  // The contract of an extension: it returns a value of the type that it was given.
  return processResponse && !streamed ? (processResponse(value, { modelType, model }) as Promise<T>) : value;
}

/** The outcome of one operation: settles its permit and reports to the observer. */
class Account {
  readonly #startedAt: number;

  constructor(
    private readonly context: ModelContext,
    private readonly info: OperationInfo,
    private readonly permit: ProviderPermit | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#startedAt = context.clock.now();
  }

  completed({ requestId, usage, promptLength }: Omit<OperationResult<unknown>, 'value'>): void {
    this.permit?.success();
    const { provider, modelType, model, streamed, callId } = this.info;
    const tokens = usage ? tokenCounts(usage) : undefined;
    const durationMs = this.#durationMs;
    // Written out: spreading the info into it takes 10 µs a call.
    const type = 'operation_completed';
    this.context.observer.tell({
      type,
      provider,
      modelType,
      model,
      streamed,
      callId,
      durationMs,
      requestId,
      tokens,
      promptLength,
    });
  }

  cancelled(): void {
    this.permit?.release();
    this.context.observer.tell({ type: 'operation_cancelled', ...this.info, durationMs: this.#durationMs });
  }

  failed(error: unknown): void {
    // Nothing is wrong with the endpoint when the caller stopped waiting.
    if (this.signal?.aborted) return this.cancelled();
    const failure = classifyFailure(error, this.context.clock.wallNow());
    const message = error instanceof Error ? error.message : 'unknown';
    const durationMs = this.#durationMs;
    // Before the circuit opens: the log names the reason.
    this.context.observer.tell({ type: 'operation_failed', ...this.info, durationMs, failure, message });
    this.permit?.failure(failure);
  }

  get #durationMs(): number {
    return this.context.clock.now() - this.#startedAt;
  }
}

/** Callers of the same answer wait for one request. Its tokens are counted once. */
async function runOnce<T>(
  cache: AnswerCache,
  key: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<OperationResult<T>>,
): Promise<OperationResult<T>> {
  const { result, joined } = await cache.fill(key, signal, run);
  return { ...(result as OperationResult<T>), ...(joined ? { usage: undefined } : {}) };
}
