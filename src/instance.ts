import type { IAgentRuntime } from '@elizaos/core';
import { AgentEndpoints } from './agent-endpoints.js';
import { sinksOf } from './agent-sinks.js';
import type { Budget } from './chain/budget.js';
import type { HealthMonitorOptions } from './chain/health-monitor.js';
import type { Fleet } from './chain/shared/join-fleet.js';
import { BreakerRegistry } from './core/breaker-registry.js';
import { classifyFailure } from './core/classify-failure.js';
import { type Clock, type Random, systemClock } from './core/clock.js';
import { EmbeddingSpace } from './core/embedding-space.js';
import type { ExtensionHooks } from './core/extension-points.js';
import type { ExtensionFault } from './core/extension-runner.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import type { EndpointSettings } from './endpoint-settings.js';
import { type Config, sharesAnswers } from './environment.js';
import type { ConnectedExtensions, Extensions } from './extensions.js';
import { coreFailsOver, type HostRuntime } from './failover/core-compat.js';
import { installGuard, type Uninstall } from './failover/guard.js';
import { HabitMemory } from './failover/target-habits.js';
import { guardDeps } from './guard-deps.js';
import type { Endpoint } from './http/endpoint.js';
import type { Transport } from './http/transport/transport.js';
import type { Lookup } from './media/checked-get.js';
import { ResponseCache } from './models/cache/response-cache.js';
import { storeAmong, storeIn } from './models/cache/runtime-store.js';
import type { AnswerCache, ModelContext } from './models/context.js';
import type { Embedder } from './models/embedding/embedder.js';
import { History } from './observe/history.js';
import { Ledger } from './observe/ledger.js';
import { createLog, type Log } from './observe/log.js';
import { Tally } from './observe/metrics/tally.js';
import { Observer } from './observe/observer.js';
import { Outages } from './observe/outages.js';
import { checkHealth, type Health } from './openai/check-health.js';
import { resolveConfig } from './resolve-config.js';
import { isTrueWord } from './setting-builders.js';
import { accountSettings } from './settings-source.js';
import { startOf } from './start-notice.js';

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
  /** Further endpoints. Each takes the lowest number from 2 on that the settings leave free. @default none */
  endpoints?: readonly EndpointSettings[];
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
  /** Endpoints that the last check found broken, and that have answered no request since. */
  readonly unhealthy = new Set<string>();
  readonly clock: Clock;
  readonly #random: Random;
  readonly #env: NodeJS.ProcessEnv;
  readonly lookup?: Lookup;
  readonly provider = PROVIDER_NAME;
  readonly endpoint: Endpoint;
  readonly budget?: Budget;
  readonly embedder: Embedder;
  readonly space: EmbeddingSpace;
  readonly cache?: AnswerCache;
  readonly breakers: BreakerRegistry;
  processResponse: ExtensionHooks['processResponse'];
  #extensions: ConnectedExtensions = {};
  /** The endpoints, of which this is the context of the first one. */
  readonly chain: AgentEndpoints;
  /** Set by the monitor of the endpoints' health. */
  onOwnCircuitOpened: ((endpoint: string) => void) | undefined;
  #uninstall: Uninstall | undefined;
  #fleet: Fleet | undefined;
  #announced = false;
  #closed = false;

  /** @throws {ConfigurationError} when a setting is invalid. */
  constructor(
    readonly runtime: IAgentRuntime,
    {
      clock = systemClock,
      random = Math.random,
      lookup,
      env = process.env,
      transport,
      endpoints: given,
    }: InstanceOptions = {},
  ) {
    const { config, endpoints, warnings } = resolveConfig(runtime, env, given);
    this.config = config;
    this.clock = clock;
    this.#random = random;
    this.#env = env;
    this.lookup = lookup;
    this.log = createLog(runtime, {
      secrets: [...endpoints.map(({ config }) => config.ELIZANET_API_KEY), config.ELIZANET_REDIS_URL],
      asJson: isTrueWord(env.LOG_JSON_FORMAT ?? ''),
    });
    for (const problem of warnings) this.log.write('settings_problem', { problem });
    const chain = new AgentEndpoints(endpoints, this, {
      clock,
      random,
      transport,
      onUpgrade: (provider) => observer.tell({ type: 'endpoint_upgraded', provider }),
      onBudgetReached: (provider, limit) => observer.tell({ type: 'budget_reached', provider, limit }),
      onRetryRefused: (provider) => observer.tell({ type: 'retry_refused', provider }),
      onCost: (provider, usd) => observer.tell({ type: 'cost_reported', provider, usd }),
      onBatch: (texts) => observer.tell({ type: 'batch_sent', texts }),
    });
    this.chain = chain;
    const { endpoint, budget, embedder } = chain.first;
    this.endpoint = endpoint;
    this.budget = budget;
    this.embedder = embedder;
    this.space = new EmbeddingSpace(clock);
    this.outages = new Outages(clock);
    this.history = new History(clock);
    const observer = new Observer(sinksOf(this));
    this.observer = observer;
    if (config.ELIZANET_CACHE_TTL > 0) {
      this.cache = new ResponseCache({
        ttlMs: config.ELIZANET_CACHE_TTL,
        clock,
        store: config.ELIZANET_CACHE_PERSIST ? storeIn(runtime) : undefined,
        shared: sharesAnswers(config) ? storeAmong(() => this.#fleet) : undefined,
        onStoreFailure: () => observer.tell({ type: 'cache_store_failed' }),
      });
    }
    this.breakers = new BreakerRegistry({
      clock,
      random,
      failureThreshold: config.ELIZANET_FAILURE_THRESHOLD,
      cooldownMs: config.ELIZANET_COOLDOWN,
      cooldownMaxMs: config.ELIZANET_COOLDOWN_MAX,
      gateways: new Set(chain.routes.names),
      onChange: (provider, modelType, state, { until, reason: failure }) => {
        const own = chain.routes.get(provider) !== undefined;
        const retryAfterMs = until === undefined ? undefined : until - clock.now();
        if (own && state === 'open') this.onOwnCircuitOpened?.(chain.endpointOf(provider));
        const details = { retryAfterMs, reason: failure?.kind, failure };
        observer.tell({ type: 'circuit_changed', provider, own, modelType, state, ...details });
      },
    });
  }

  /** To be called before the guard is installed. The code that runs extensions is loaded only here. */
  async connect(extensions: Extensions): Promise<void> {
    const { clock, observer } = this;
    const { connectExtensions } = await import('./extensions.js');
    const report = (fault: ExtensionFault) => observer.tell({ type: 'extension_failed', ...fault });
    this.#extensions = connectExtensions(extensions, { clock, report });
    for (const { endpoint } of this.chain.links) endpoint.transforms = this.#extensions.transforms;
    this.processResponse = this.#extensions.processResponse;
    this.chain.route = this.#extensions.route;
  }

  /** Never throws. */
  async checkHealth(): Promise<Health> {
    return this.#monitored(await checkHealth(this.endpoint));
  }

  async #monitored(health: Health): Promise<Health> {
    return this.#extensions.monitorHealth?.(health) ?? health;
  }

  /** Installs the guard on the runtime, once; not if the plugin is switched off. */
  installGuard(): void {
    if (this.#uninstall || !this.config.ELIZANET_FALLBACK_ENABLED) return;
    this.#uninstall = installGuard(this.runtime, guardDeps(this, this.#extensions));
  }

  /**
   * Shares open circuits, the load of endpoints and, if allowed, answers with other agents, if `ELIZANET_REDIS_URL` is set. Does not wait for Redis.
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
      endpoints: this.chain.shared,
      answerTtlMs: config.ELIZANET_CACHE_TTL,
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
    this.chain.fleet = fleet.endpoints;
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
    this.observer.tell(startOf(this, modelTypes));
  }

  dimensions(): number {
    return this.space.width ?? this.config.ELIZANET_EMBEDDING_DIMENSIONS;
  }

  isOnlyProviderOf(modelType: string): boolean {
    const entries = (this.runtime as HostRuntime).models.get(modelType) ?? [];
    return entries.every(({ provider }) => provider === PROVIDER_NAME);
  }

  get rejectsCutAnswers(): boolean {
    return coreFailsOver(this.runtime);
  }

  /** See `ElizaNetFallbackService`. */
  isolate(provider: string): void {
    for (const name of this.chain.namesOf(provider)) this.breakers.isolate(name);
    this.observer.tell({ type: 'provider_isolated', provider });
  }

  restore(provider: string): boolean {
    const restored = this.chain.namesOf(provider).filter((name) => this.breakers.restore(name));
    if (restored.length > 0) this.observer.tell({ type: 'provider_restored', provider });
    return restored.length > 0;
  }

  /** What the monitor of the endpoints' health needs. */
  healthOptions(intervalMs: number): HealthMonitorOptions {
    const { clock, observer, chain } = this;
    return {
      ...{ clock, random: this.#random, intervalMs },
      endpoints: chain.watched.map(({ provider, check }) => ({
        provider,
        check: async () => this.#monitored(await check()),
      })),
      onChange: (provider, healthy, { key, error }) => {
        const failure = healthy ? undefined : classifyFailure(error, clock.wallNow());
        observer.tell({ type: 'endpoint_health_changed', provider, healthy, key, failure });
      },
      onFirstCheck: (provider) => {
        const { budget, abilities, statesCosts } = chain.linkNamed(provider) ?? {};
        if (budget?.limitsCost && !statesCosts && !abilities?.statesPrices)
          observer.tell({ type: 'cost_unknown', provider });
      },
    };
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
    await this.chain.close();
  }
}
