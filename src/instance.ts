import type { IAgentRuntime } from '@elizaos/core';
import { BreakerRegistry } from './core/breaker-registry.js';
import { type Clock, type Random, systemClock } from './core/clock.js';
import { EmbeddingSpace } from './core/embedding-space.js';
import { describeAttempt } from './core/failover-errors.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import { ELIZANET_ADVICE, ELIZANET_NAME } from './endpoint-advice.js';
import { type Config, resolveConfig } from './environment.js';
import { installGuard, type Uninstall } from './failover/guard.js';
import { SharedTimers } from './failover/shared-timers.js';
import { Endpoint } from './http/endpoint.js';
import type { Lookup } from './media/checked-get.js';
import { type CacheStore, ResponseCache } from './models/cache/response-cache.js';
import type { ModelContext } from './models/context.js';
import { Embedder } from './models/embedding/embedder.js';
import { announceStandIn, textToEmbed } from './models/embedding/handle-embedding.js';
import type { AnswerCache } from './models/operation.js';
import { ElizaNetEvent, emit } from './observe/events.js';
import { type CallRecord, Ledger } from './observe/ledger.js';
import { createLog, type Log } from './observe/log.js';

export interface InstanceOptions {
  /** The source of time. @default the system's */
  clock?: Clock;
  /** Spreads open times of breakers, and retries. @default Math.random */
  random?: Random;
  /** Resolves the names in addresses that users give. @default the system's resolver */
  lookup?: Lookup;
  /** The environment that settings are read from, after the runtime's own. @default process.env */
  env?: NodeJS.ProcessEnv;
}

/** Everything the plugin holds for one runtime. Two runtimes in a process share nothing. */
export class ElizaNetInstance implements ModelContext {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly lookup?: Lookup;
  readonly endpoint: Endpoint;
  readonly embedder: Embedder;
  readonly space: EmbeddingSpace;
  readonly cache?: AnswerCache;
  readonly breakers: BreakerRegistry;
  readonly ledger = new Ledger();
  readonly #timers: SharedTimers;
  #uninstall: Uninstall | undefined;
  #closed = false;

  /** @throws {ConfigurationError} when a setting cannot be used. */
  constructor(
    readonly runtime: IAgentRuntime,
    { clock = systemClock, random = Math.random, lookup, env }: InstanceOptions = {},
  ) {
    const { config, proxies, warnings } = resolveConfig(runtime, env);
    this.config = config;
    this.clock = clock;
    this.#timers = new SharedTimers(clock);
    this.lookup = lookup;
    this.log = createLog(runtime, [config.ELIZANET_API_KEY]);
    for (const warning of warnings) this.log.warn(warning);
    this.endpoint = new Endpoint({
      name: ELIZANET_NAME,
      advice: ELIZANET_ADVICE,
      baseUrl: config.ELIZANET_BASE_URL,
      apiKey: config.ELIZANET_API_KEY,
      maxConcurrency: config.ELIZANET_MAX_CONCURRENCY,
      proxies,
      clock,
      random,
      onUpgrade: () => this.log.info('is redirected to https from now on; set ELIZANET_BASE_URL to the https address'),
    });
    this.space = new EmbeddingSpace(clock);
    this.embedder = new Embedder({
      endpoint: this.endpoint,
      model: config.ELIZANET_EMBEDDING_MODEL,
      timeoutMs: config.ELIZANET_TIMEOUT,
      clock,
      dimensions: () => this.dimensions(),
    });
    if (config.ELIZANET_CACHE_TTL > 0) {
      this.cache = new ResponseCache({
        ttlMs: config.ELIZANET_CACHE_TTL,
        clock,
        store: config.ELIZANET_CACHE_PERSIST ? storeOf(runtime) : undefined,
        onStoreFailure: () => this.log.warnOnce("the agent's database does not keep answers; memory still does"),
      });
    }
    this.breakers = new BreakerRegistry({
      clock,
      random,
      failureThreshold: config.ELIZANET_FAILURE_THRESHOLD,
      cooldownMs: config.ELIZANET_COOLDOWN,
      cooldownMaxMs: config.ELIZANET_COOLDOWN_MAX,
      onChange: (provider, modelType, state) => this.#onBreakerChange(provider, modelType, state),
    });
  }

  /** Puts the guard on the runtime, once; nothing when the plugin is switched off. */
  installGuard(): void {
    const { config, breakers } = this;
    if (this.#uninstall || !config.ELIZANET_FALLBACK_ENABLED) return;
    this.#uninstall = installGuard(this.runtime, {
      breakers,
      clock: this.#timers,
      fallbackOn: config.ELIZANET_FALLBACK_ON,
      onInterrupted: config.ELIZANET_ON_INTERRUPTED,
      primaryTimeoutMs: config.ELIZANET_PRIMARY_TIMEOUT,
      earlyFailover: config.ELIZANET_EARLY_FAILOVER,
      hedgeAfterMs: config.ELIZANET_HEDGE_AFTER,
      probeHedgeMs: config.ELIZANET_PROBE_HEDGE,
      preferOwnTokenizer: config.ELIZANET_PREFER_OWN_TOKENIZER,
      onEnd: (call) => this.#onCallEnd(call),
      onStandIn: (failure) => announceStandIn(this, failure.kind),
      onAnswer: ({ provider, modelType }, value, params) => {
        if (modelType !== 'TEXT_EMBEDDING' || provider === PROVIDER_NAME) return;
        this.space.learn(provider, textToEmbed(params), value);
      },
    });
  }

  dimensions(): number {
    return this.space.width ?? this.config.ELIZANET_EMBEDDING_DIMENSIONS;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes the guard off and closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#uninstall?.();
    this.#uninstall = undefined;
    this.#timers.close();
    await this.endpoint.close();
  }

  #onCallEnd(call: CallRecord): void {
    this.ledger.add(call);
    const route = call.attempts.map(describeAttempt).join(' → ');
    if (call.answered) this.log.warn(`${call.modelType} failed over: ${route}`);
    else this.log.error(`${call.modelType} could not be answered: ${route}`);
    emit(this.runtime, call.answered ? ElizaNetEvent.FAILED_OVER : ElizaNetEvent.UNANSWERED, call);
  }

  #onBreakerChange(provider: string, modelType: string | undefined, state: string): void {
    const what = modelType ? `${provider} for ${modelType}` : provider;
    if (state === 'open') this.log.warn(`leaves ${what} alone for now`);
    else if (state === 'closed') this.log.info(`${what} recovered`);
    else this.log.debug(`probes ${what} again`);
    emit(this.runtime, ElizaNetEvent.BREAKER_CHANGED, { provider, modelType, state });
  }
}

/** The agent's own database. */
function storeOf(runtime: IAgentRuntime): CacheStore {
  return {
    read: (key) => runtime.getCache(key),
    write: (key, entry) => runtime.setCache(key, entry),
    remove: (key) => runtime.deleteCache(key),
  };
}
