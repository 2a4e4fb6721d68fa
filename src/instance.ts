import type { IAgentRuntime } from '@elizaos/core';
import type { Fleet } from './chain/shared/join-fleet.js';
import { BreakerRegistry } from './core/breaker-registry.js';
import { type Clock, type Random, systemClock } from './core/clock.js';
import { EmbeddingSpace } from './core/embedding-space.js';
import type { ExtensionHooks } from './core/extension-points.js';
import type { ExtensionFault } from './core/extension-runner.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import { ELIZANET_ADVICE, ELIZANET_NAME } from './endpoint-advice.js';
import { type Config, resolveConfig, type SettingName, settingMeta, settingsSchema } from './environment.js';
import type { ConnectedExtensions, Extensions } from './extensions.js';
import { coreFailsOver, type HostRuntime } from './failover/core-compat.js';
import { installGuard, type Uninstall } from './failover/guard.js';
import { HabitMemory } from './failover/target-habits.js';
import { Endpoint } from './http/endpoint.js';
import type { Transport } from './http/transport/transport.js';
import type { Lookup } from './media/checked-get.js';
import { type CacheStore, ResponseCache } from './models/cache/response-cache.js';
import type { AnswerCache, ModelContext } from './models/context.js';
import { type Embed, embedInSpace } from './models/embedding/check-space.js';
import { Embedder } from './models/embedding/embedder.js';
import { placeholderFor } from './models/embedding/placeholder.js';
import { textToEmbed } from './models/embedding/text-to-embed.js';
import { loadHandlers } from './models/load-handlers.js';
import { createEventSink, emitNotice } from './observe/events.js';
import { History } from './observe/history.js';
import { Ledger } from './observe/ledger.js';
import { createLog, type Log } from './observe/log.js';
import { createLogSink } from './observe/log-sink.js';
import { createMetricsSink } from './observe/metrics/metrics-sink.js';
import { Tally } from './observe/metrics/tally.js';
import { Notices } from './observe/notices.js';
import { Observer } from './observe/observer.js';
import { Outages } from './observe/outages.js';
import { createTelemetrySink } from './observe/telemetry/telemetry-sink.js';
import { checkHealth, type Health } from './openai/check-health.js';
import { isTrueWord } from './setting-builders.js';
import { accountSettings } from './settings-source.js';

export interface InstanceOptions {
  /** The source of time. @default the system's */
  clock?: Clock;
  /** Source of the jitter of open times and retries. @default Math.random */
  random?: Random;
  /** Resolves host names in URLs that callers give. @default the system's resolver */
  lookup?: Lookup;
  /** The environment; read after the runtime's own settings. @default process.env */
  env?: NodeJS.ProcessEnv;
  /** Code of the agent that takes part in failing over. @default none */
  extensions?: Extensions;
  /** Makes the connections to ElizaNet. @default undici on Node, fetch on Bun */
  transport?: Transport;
}

/** Everything that the plugin holds for one runtime. Two runtimes in a process share only the observer of HTTP requests and the connection to Redis. */
export class ElizaNetInstance implements ModelContext {
  readonly config: Config;
  readonly log: Log;
  readonly observer: Observer;
  readonly ledger = new Ledger();
  readonly tally = new Tally();
  readonly outages: Outages;
  readonly history: History;
  readonly habits = new HabitMemory();
  readonly clock: Clock;
  readonly #random: Random;
  readonly #env: NodeJS.ProcessEnv;
  readonly lookup?: Lookup;
  readonly endpoint: Endpoint;
  readonly embedder: Embedder;
  readonly space: EmbeddingSpace;
  readonly cache?: AnswerCache;
  readonly breakers: BreakerRegistry;
  processResponse: ExtensionHooks['processResponse'];
  #extensions: ConnectedExtensions = {};
  #uninstall: Uninstall | undefined;
  #fleet: Fleet | undefined;
  #announced = false;
  #closed = false;

  /** @throws {ConfigurationError} when a setting is invalid. */
  constructor(
    readonly runtime: IAgentRuntime,
    { clock = systemClock, random = Math.random, lookup, env = process.env, transport }: InstanceOptions = {},
  ) {
    const { config, proxies, warnings } = resolveConfig(runtime, env);
    this.config = config;
    this.clock = clock;
    this.#random = random;
    this.#env = env;
    this.lookup = lookup;
    this.log = createLog(runtime, {
      secrets: [config.ELIZANET_API_KEY, config.ELIZANET_REDIS_URL],
      asJson: isTrueWord(env.LOG_JSON_FORMAT ?? ''),
    });
    for (const problem of warnings) this.log.write('settings_problem', { problem });
    const endpoint = { baseUrl: config.ELIZANET_BASE_URL, hasApiKey: !!config.ELIZANET_API_KEY };
    const logSink = createLogSink(this.log, endpoint, {
      clock,
      providersOf: (type) => providersOf(runtime, type),
      tellsOutages: config.ELIZANET_NOTIFY !== 'off',
    });
    this.outages = new Outages(clock);
    this.history = new History(clock);
    const observer = new Observer([
      this.ledger.observe,
      this.outages.observe,
      this.history.observe,
      createMetricsSink(this.tally),
      createTelemetrySink(),
      logSink,
      createEventSink(runtime),
      ...(config.ELIZANET_NOTIFY === 'event'
        ? [new Notices(clock, (notice) => emitNotice(runtime, notice)).observe]
        : []),
    ]);
    this.observer = observer;
    this.endpoint = new Endpoint({
      name: ELIZANET_NAME,
      advice: ELIZANET_ADVICE,
      baseUrl: config.ELIZANET_BASE_URL,
      apiKey: config.ELIZANET_API_KEY,
      maxConcurrency: config.ELIZANET_MAX_CONCURRENCY,
      proxies,
      clock,
      random,
      transport,
      onUpgrade: () => observer.tell({ type: 'endpoint_upgraded' }),
      onRetryRefused: () => observer.tell({ type: 'retry_refused' }),
      onCost: (usd) => observer.tell({ type: 'cost_reported', usd }),
    });
    this.space = new EmbeddingSpace(clock);
    this.embedder = new Embedder({
      endpoint: this.endpoint,
      model: config.ELIZANET_EMBEDDING_MODEL,
      timeoutMs: config.ELIZANET_TIMEOUT,
      clock,
      dimensions: () => this.dimensions(),
      onBatch: (texts) => observer.tell({ type: 'batch_sent', texts }),
    });
    if (config.ELIZANET_CACHE_TTL > 0) {
      this.cache = new ResponseCache({
        ttlMs: config.ELIZANET_CACHE_TTL,
        clock,
        store: config.ELIZANET_CACHE_PERSIST ? storeOf(runtime) : undefined,
        onStoreFailure: () => observer.tell({ type: 'cache_store_failed' }),
      });
    }
    this.breakers = new BreakerRegistry({
      clock,
      random,
      failureThreshold: config.ELIZANET_FAILURE_THRESHOLD,
      cooldownMs: config.ELIZANET_COOLDOWN,
      cooldownMaxMs: config.ELIZANET_COOLDOWN_MAX,
      gateways: new Set([PROVIDER_NAME]),
      onChange: (provider, modelType, state, { until, reason: failure }) => {
        const retryAfterMs = until === undefined ? undefined : until - clock.now();
        const details = { retryAfterMs, reason: failure?.kind, failure };
        observer.tell({ type: 'circuit_changed', provider, modelType, state, ...details });
      },
    });
  }

  /** To be called before the guard is installed. The code that runs extensions is loaded only here. */
  async connect(extensions: Extensions): Promise<void> {
    const { clock, observer } = this;
    const { connectExtensions } = await import('./extensions.js');
    const report = (fault: ExtensionFault) => observer.tell({ type: 'extension_failed', ...fault });
    this.#extensions = connectExtensions(extensions, { clock, report });
    this.endpoint.transforms = this.#extensions.transforms;
    this.processResponse = this.#extensions.processResponse;
  }

  /** Never throws. */
  async checkHealth(): Promise<Health> {
    const health = await checkHealth(this.endpoint);
    return this.#extensions.monitorHealth?.(health) ?? health;
  }

  /** Installs the guard on the runtime, once; not if the plugin is switched off. */
  installGuard(): void {
    const { config, breakers, clock, observer, log, space } = this;
    const { classify, checkResult } = this.#extensions;
    if (this.#uninstall || !config.ELIZANET_FALLBACK_ENABLED) return;
    this.#uninstall = installGuard(this.runtime, {
      breakers,
      clock,
      fallbackOn: config.ELIZANET_FALLBACK_ON,
      onInterrupted: config.ELIZANET_ON_INTERRUPTED,
      primaryTimeoutMs: config.ELIZANET_PRIMARY_TIMEOUT,
      earlyFailover: config.ELIZANET_EARLY_FAILOVER,
      primaryIdleTimeout: config.ELIZANET_PRIMARY_IDLE_TIMEOUT,
      hedgeAfter: config.ELIZANET_HEDGE_AFTER,
      probeHedgeMs: config.ELIZANET_PROBE_HEDGE,
      habitsOf: this.habits.of,
      classify,
      checkResult,
      preferOwnTokenizer: config.ELIZANET_PREFER_OWN_TOKENIZER,
      onCallEnded: (call) => observer.tell({ type: 'call_ended', call }),
      lastResort: (modelType, errors) => placeholderFor(this, modelType, errors),
      learnEmbedding: (provider, params, vector) => space.learn(provider, textToEmbed(params), vector),
      embedInSpace: async (provider, params, embed, call) => {
        // With the handlers loaded, the call's text and the reference text share one request.
        await loadHandlers();
        return embedInSpace(this, provider, params, embed as Embed, call);
      },
      onProviderDropped: () => log.writeOnce('provider_dropped', {}),
    });
  }

  /**
   * Shares open circuits with other agents, if `ELIZANET_REDIS_URL` is set. Does not wait for Redis.
   * @throws {ConfigurationError} when the package `redis` is not installed.
   */
  async joinFleet(): Promise<void> {
    const { config, breakers, clock, log, runtime } = this;
    const { ELIZANET_REDIS_URL: url, ELIZANET_FALLBACK_ENABLED: enabled } = config;
    if (!url || !enabled || this.#fleet) return;
    const { joinFleet } = await import('./chain/shared/join-fleet.js');
    const fleet = await joinFleet({
      url,
      registry: breakers,
      clock,
      random: this.#random,
      failureThreshold: config.ELIZANET_FAILURE_THRESHOLD,
      cooldownMs: config.ELIZANET_COOLDOWN,
      settingsOf: (prefix) => accountSettings(runtime, this.#env, prefix),
      onLost: () => log.write('fleet_lost', {}),
      onBack: () => log.write('fleet_back', {}),
    });
    if (this.#closed) return fleet.leave();
    this.#fleet = fleet;
  }

  /** Looks for what other agents know of this agent's providers. Nothing without `joinFleet`. */
  meetProviders(): void {
    const { models } = this.runtime as HostRuntime;
    for (const [modelType, entries] of this.#fleet ? models : []) {
      for (const { provider } of entries) this.#fleet?.meet(provider, modelType);
    }
  }

  /**
   * Says once that the plugin has started.
   * @param modelTypes the types that ElizaNet serves.
   */
  announce(modelTypes: readonly string[]): void {
    if (this.#announced) return;
    this.#announced = true;
    const { config, observer } = this;
    observer.tell({
      type: 'started',
      enabled: config.ELIZANET_FALLBACK_ENABLED,
      // Without a path: it can hold a secret.
      host: new URL(config.ELIZANET_BASE_URL).host,
      isDefaultAddress: isDefault(config, 'ELIZANET_BASE_URL'),
      modelTypes,
      settings: SETTING_NAMES.filter((name) => !isDefault(config, name)).map((name) =>
        settingMeta(name).sensitive ? `${name} (secret)` : name,
      ),
    });
  }

  dimensions(): number {
    return this.space.width ?? this.config.ELIZANET_EMBEDDING_DIMENSIONS;
  }

  isOnlyProviderOf(modelType: string): boolean {
    return providersOf(this.runtime, modelType).length === 1;
  }

  get rejectsCutAnswers(): boolean {
    return coreFailsOver(this.runtime);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Removes the guard and closes all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#uninstall?.();
    this.#uninstall = undefined;
    this.#fleet?.leave();
    await this.endpoint.close();
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

/** The providers of a model type in core's order, each once; of all types for undefined. ElizaNet is always one. */
export function providersOf(runtime: IAgentRuntime, modelType: string | undefined): string[] {
  const { models } = runtime as HostRuntime;
  const entries = modelType === undefined ? [...models.values()].flat() : (models.get(modelType) ?? []);
  return [...new Set([...entries.map(({ provider }) => provider), PROVIDER_NAME])];
}

export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

export function isDefault(config: Config, name: SettingName): boolean {
  const value = config[name];
  const written = value instanceof Set ? [...value].join() : value;
  return String(written ?? '') === (settingMeta(name).shownDefault ?? '');
}
