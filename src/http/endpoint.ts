import type { Clock, Random } from '../core/clock.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import type { EndpointAdvice } from './endpoint-advice.js';
import { RetryBudget } from './retry-budget.js';
import { Bulkhead } from './transport/bulkhead.js';
import { createFetchTransport } from './transport/fetch-transport.js';
import type { ProxySettings } from './transport/proxy-settings.js';
import type { Connection, Transport } from './transport/transport.js';

/** How long requests under way may still take when the agent stops. */
const DRAIN_MS = 5_000;

export interface EndpointOptions {
  /** What messages call it. */
  name: string;
  /** What messages say to do about its failures. @default nothing */
  advice?: EndpointAdvice;
  /** Without trailing slash and without `/v1`. */
  baseUrl: string;
  apiKey?: string;
  /** Requests in flight at once, and so sockets. More wait in line: a LiteLLM worker only queues beyond about ten. */
  maxConcurrency: number;
  clock: Clock;
  /** Spreads retries. @default Math.random */
  random?: Random;
  /** Proxies of the host, for endpoints that are not the host itself. @default none */
  proxies?: ProxySettings;
  /** Makes the connections. @default undici's on Node, fetch on Bun */
  transport?: Transport;
  /** Called once when the endpoint turns out to live at https. */
  onUpgrade?(): void;
}

/** One OpenAI-compatible endpoint: its address, its key and its connections. Owns the sockets; `close` ends them. */
export class Endpoint {
  readonly name: string;
  readonly advice: EndpointAdvice;
  readonly clock: Clock;
  readonly random: Random;
  readonly apiKey?: string;
  readonly maxConcurrency: number;
  readonly connections: Bulkhead<Connection>;
  readonly retries = new RetryBudget();
  #origin: string;
  /** What stands before `/v1`; mostly nothing. */
  readonly #basePath: string;
  #closed = false;
  readonly #onUpgrade?: () => void;
  #transport: Transport | undefined;
  #loading: Promise<void> | undefined;
  readonly #proxies?: ProxySettings;

  constructor({ name, baseUrl, apiKey, maxConcurrency, clock, ...options }: EndpointOptions) {
    const { origin, pathname } = new URL(baseUrl);
    this.name = name;
    this.advice = options.advice ?? {};
    this.#origin = origin;
    this.#basePath = pathname.replace(/\/$/, '');
    this.apiKey = apiKey;
    this.clock = clock;
    this.random = options.random ?? Math.random;
    this.maxConcurrency = maxConcurrency;
    this.#proxies = options.proxies;
    this.#transport = options.transport ?? (process.versions.bun ? createFetchTransport(this.#proxies) : undefined);
    // Lent only after `warmUp`.
    this.connections = new Bulkhead(maxConcurrency, () => (this.#transport as Transport)());
    this.#onUpgrade = options.onUpgrade;
  }

  /** Every connection is gone, and there will be no other. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Scheme, host and port. */
  get origin(): string {
    return this.#origin;
  }

  /** The whole path of an endpoint, such as `/v1/models`. */
  path(endpoint: string): string {
    return this.#basePath + endpoint;
  }

  /** From now on every request goes to https, without asking http first. */
  upgrade(): void {
    if (this.#origin.startsWith('https:')) return;
    this.#origin = this.#origin.replace(/^http:/, 'https:');
    this.#onUpgrade?.();
  }

  /** True once a request has no code to wait for. */
  get isWarm(): boolean {
    return this.#transport !== undefined;
  }

  /** Loads the code that makes the connections, once. The first request does it otherwise. Opens no connection. */
  warmUp(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** On Node, undici takes longer to load than the rest of the plugin, and an agent with a healthy provider never needs it. */
  async #load(): Promise<void> {
    if (this.#transport) return;
    const { createUndiciTransport } = await import('./transport/undici-transport.js');
    this.#transport = createUndiciTransport(this.#proxies);
  }

  /** Takes no more requests, gives those under way 5 s to end, and closes every socket. */
  async close(): Promise<void> {
    let timer: { clear(): void } | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = this.clock.after(DRAIN_MS, resolve);
    });
    await Promise.race([this.connections.close(ElizaNetUnavailableError.serviceStopped(this.name)), timeUp]);
    timer?.clear();
    this.#closed = true;
    for (const connection of this.connections.all) connection.destroy();
  }
}
