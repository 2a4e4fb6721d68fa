import type { Watched } from './chain/health-monitor.js';
import { createLink, type Link, type LinkDeps } from './chain/link.js';
import { RouteOrder } from './chain/order.js';
import { endpointProvider, modelOf, type Route, Routes } from './chain/routes.js';
import type { OwnEndpoint } from './chain/shared/join-fleet.js';
import type { SharedEndpoints } from './chain/shared/shared-endpoints.js';
import type { Random } from './core/clock.js';
import type { ExtensionHooks, RouteState } from './core/extension-points.js';
import { namesType } from './core/type-groups.js';
import type { SettingName } from './environment.js';
import type { ModelChain } from './models/admit-call.js';
import { needsOf } from './models/call-needs.js';
import type { ModelContext } from './models/context.js';
import { Embedder } from './models/embedding/embedder.js';
import type { EndpointConfig } from './resolve-config.js';

/** A token is seldom shorter. A prompt that may fit by this is sent, and then counted exactly. */
const BYTES_PER_TOKEN = 4;

interface AgentEndpointsDeps extends LinkDeps {
  /** Called with the number of texts of each request for embeddings. */
  onBatch(texts: number): void;
}

/** The endpoints of one agent: what the guard and the handlers ask about them. */
export class AgentEndpoints implements ModelChain {
  readonly routes: Routes;
  readonly order: RouteOrder;
  /** In the order of their numbers; at least one. */
  readonly links: readonly Link[];
  /** Other agents that ask the same endpoints. */
  fleet: SharedEndpoints | undefined;
  /** The agent's own router. */
  route: ExtensionHooks['route'];
  readonly #contexts = new Map<string, ModelContext>();
  readonly #random: Random;
  readonly #onBatch: (texts: number) => void;

  /** @param context of the first route; the others share what is not of one endpoint. */
  constructor(
    private readonly endpoints: readonly EndpointConfig[],
    private readonly context: ModelContext,
    deps: AgentEndpointsDeps,
  ) {
    this.#random = deps.random;
    this.#onBatch = deps.onBatch;
    this.routes = new Routes(endpoints);
    this.links = endpoints.map((endpoint) => createLink(endpoint, deps));
    this.order = new RouteOrder(this.#config.ELIZANET_STRATEGY, deps.clock);
  }

  /** What the context of the first route has of its own. */
  get first(): Pick<ModelContext, 'endpoint' | 'budget' | 'embedder'> {
    const route = this.routes.all[0] as Route;
    const { endpoint, budget } = this.linkOf(route);
    return { endpoint, budget, embedder: this.#embedderOf(route) };
  }

  /** Calls have to be admitted: there is a choice of routes, prices are needed, or something is known of the models. */
  get isGated(): boolean {
    return (
      this.routes.all.length > 1 ||
      this.links.some(({ budget, abilities }) => budget?.limitsCost || abilities.describesModels)
    );
  }

  linkOf({ number }: Pick<Route, 'number'>): Link {
    return this.links.find((link) => link.number === number) as Link;
  }

  /** Undefined for a provider that is none of the routes. */
  linkNamed(provider: string): Link | undefined {
    const route = this.routes.get(provider);
    return route && this.linkOf(route);
  }

  /** The name of the endpoint that a route asks. */
  endpointOf(route: string): string {
    return endpointProvider(this.routes.get(route)?.number ?? 1);
  }

  /** The models that a setting of the first endpoint names; none for a setting of anything else. */
  modelsIn(setting: SettingName): readonly string[] {
    const { models } = this.endpoints[0] as EndpointConfig;
    const lists: Partial<Record<SettingName, readonly string[]>> = models;
    return lists[setting] ?? [];
  }

  /** For the log. */
  addressOf(provider: string): { baseUrl?: string; hasApiKey: boolean } {
    const { config } = this.routes.get(provider) ?? {};
    return { baseUrl: config?.ELIZANET_BASE_URL, hasApiKey: !!config?.ELIZANET_API_KEY };
  }

  contextOf(route: Route): ModelContext {
    if (route === this.routes.all[0]) return this.context;
    const known = this.routes.get(route.name) === route ? this.#contexts.get(route.name) : undefined;
    if (known) return known;
    const { runtime, space, cache, breakers, clock, lookup, log, observer, rejectsCutAnswers, processResponse } =
      this.context;
    const context: ModelContext = {
      ...{ runtime, space, cache, breakers, clock, lookup, log, observer, rejectsCutAnswers, processResponse },
      isOnlyProviderOf: (modelType) => this.context.isOnlyProviderOf(modelType),
      config: route.config,
      provider: route.name,
      endpoint: this.linkOf(route).endpoint,
      budget: this.linkOf(route).budget,
      embedder: this.#embedderOf(route),
      dimensions: () => this.context.dimensions(),
    };
    if (this.routes.get(route.name) === route) this.#contexts.set(route.name, context);
    return context;
  }

  isClosedOff({ name }: Route, modelType: string): boolean {
    const { breakers } = this.context;
    return breakers.isIsolated(name) || breakers.state(name, modelType) === 'open';
  }

  /** The order of the routes can differ between calls. */
  get sorts(): boolean {
    const { length } = this.routes.all;
    const { ELIZANET_STRATEGY: strategy, ELIZANET_REDIS_URL: redisUrl } = this.#config;
    return length > 1 && (this.route !== undefined || strategy !== 'priority' || redisUrl !== undefined);
  }

  /** @throws {ExtensionError} when the router is at fault, and must not be skipped. */
  sort(names: readonly string[], modelType: string, params: unknown): readonly string[] {
    const routes = names.map((name) => this.routes.get(name) as Route);
    const byStrategy = this.order.sort(routes, modelType);
    const isLimited = (route: Route) => this.fleet?.isLimited(route.number, modelOf(route, modelType)) ?? false;
    const sorted = [...byStrategy.filter((route) => !isLimited(route)), ...byStrategy.filter(isLimited)];
    const inOrder = sorted.map(({ name }) => name);
    if (!this.route) return inOrder;
    const { needs, bytes: promptBytes } = needsOf(modelType, params);
    const states = sorted.map((route) => this.#stateOf(route, modelType));
    const wanted = this.route({ modelType, needs, promptBytes, routes: states }) ?? [];
    return [...new Set([...wanted.filter((name) => inOrder.includes(name)), ...inOrder])];
  }

  #stateOf(route: Route, modelType: string): RouteState {
    const { name, number } = route;
    const { breakers } = this.context;
    return {
      name,
      endpoint: endpointProvider(number),
      model: modelOf(route, modelType) ?? '',
      state: breakers.isIsolated(name) ? 'isolated' : breakers.state(name, modelType),
      inFlight: this.order.inFlight(number),
      waitMs: this.order.waitMs(number, modelType),
    };
  }

  /** Whether a call rehearses an outage. */
  isDrill(modelType: string): boolean {
    const { ELIZANET_DRILL: drill } = this.#config;
    if (drill === 'off' || this.#modelOf(modelType) === undefined) return false;
    return typeof drill === 'number' ? this.#random() < drill : namesType(drill, modelType);
  }

  learnOutput(provider: string, modelType: string, ms: number): void {
    const route = this.routes.get(provider);
    if (route) this.order.learn(route.number, modelType, ms);
  }

  /** Whether a route is known to take a prompt that was too long for another provider. */
  takesPrompt(provider: string, modelType: string, params: unknown): boolean {
    const route = this.routes.get(provider);
    if (!route) return false;
    const { bytes } = needsOf(modelType, params);
    const { ELIZANET_LARGE_MODEL: large } = route.config;
    const models = [modelOf(route, modelType), modelType.endsWith('_SMALL') ? large : undefined];
    const windows = models.map((model) => model && this.linkOf(route).abilities.info(model)?.contextTokens);
    return windows.some((window) => typeof window === 'number' && bytes > 0 && bytes / BYTES_PER_TOKEN <= window);
  }

  /** The names of a provider's routes, if it is one of the endpoints; else its own name. */
  namesOf(provider: string): string[] {
    const routes = this.routes.all.filter(
      ({ name, number }) => provider === name || provider === endpointProvider(number),
    );
    return routes.length > 0 ? routes.map(({ name }) => name) : [provider];
  }

  /** The endpoints, for a monitor of their health. */
  get watched(): Watched[] {
    return this.links.map(({ number, abilities }) => ({
      provider: endpointProvider(number),
      check: () => abilities.refresh(),
    }));
  }

  /** The endpoints, to be shared with other agents. */
  get shared(): OwnEndpoint[] {
    return this.endpoints.map(({ number, config }) => ({
      number,
      endpoint: this.linkOf({ number }).endpoint,
      baseUrl: config.ELIZANET_BASE_URL,
      apiKey: config.ELIZANET_API_KEY,
      fleetConcurrency: config.ELIZANET_FLEET_CONCURRENCY,
    }));
  }

  /** Loads the code that makes connections. Opens none. */
  async warmUp(): Promise<void> {
    await Promise.all(this.links.map(({ endpoint }) => endpoint.warmUp()));
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    for (const { abilities } of this.links) abilities.stop();
    await Promise.all(this.links.map(({ endpoint }) => endpoint.close()));
  }

  get #config(): EndpointConfig['config'] {
    return (this.endpoints[0] as EndpointConfig).config;
  }

  #modelOf(modelType: string): string | undefined {
    return modelOf(this.routes.all[0] as Route, modelType);
  }

  #embedderOf(route: Route): Embedder {
    return new Embedder({
      endpoint: this.linkOf(route).endpoint,
      provider: route.name,
      model: route.config.ELIZANET_EMBEDDING_MODEL,
      timeoutMs: route.config.ELIZANET_TIMEOUT,
      clock: this.context.clock,
      dimensions: () => this.context.dimensions(),
      onBatch: this.#onBatch,
    });
  }
}
