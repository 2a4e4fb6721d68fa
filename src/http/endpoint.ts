import type { Clock, Random } from '../core/clock.js';
import { ElizaNetUnavailableError } from '../core/errors.js';
import type { BodyTransforms } from '../core/extension-points.js';
import { LearnedWait } from '../core/learned-wait.js';
import { TokenBucket } from '../core/token-bucket.js';
import type { EndpointAdvice } from './endpoint-advice.js';
import { Bulkhead } from './transport/bulkhead.js';
import { createFetchTransport } from './transport/fetch-transport.js';
import type { ProxySettings } from './transport/proxy-settings.js';
import type { Connection, Transport } from './transport/transport.js';

/** How long requests in flight may still take when the endpoint is closed. */
const DRAIN_MS = 5_000;

/** An endpoint that streams well is silent for less than this between two events. */
const EVENT_GAP = { startMs: 12_000, floorMs: 5_000 };

/** What agents that share an endpoint tell each other. */
export interface EndpointPeers {
  /** The endpoint has refused a request by a rate limit. */
  limited(model: string, retryAfterMs: number | undefined): void;
}

export interface EndpointOptions {
  /** What messages call it. */
  name: string;
  /** What messages say to do about its failures. @default nothing */
  advice?: EndpointAdvice;
  /** Without a trailing slash and without `/v1`. */
  baseUrl: string;
  apiKey?: string;
  /**
   * Requests in flight at once. More requests wait: a LiteLLM worker serves about ten at a time. Streams that wait for
   * their reader are not counted; with them there are at most four times as many sockets.
   */
  maxConcurrency: number;
  clock: Clock;
  /** Source of the jitter of retries. @default Math.random */
  random?: Random;
  /** Proxies to use, unless the endpoint is on this machine. @default none */
  proxies?: ProxySettings;
  /** Makes the connections. @default undici on Node, fetch on Bun */
  transport?: Transport;
  /** Called once, when the endpoint redirects from http to https. */
  onUpgrade?(): void;
  /** Called when a failed request is not sent again because the budget of retries is spent. */
  onRetryRefused?(): void;
  /** Called with what LiteLLM says that a request cost, in US dollars. */
  onCost?(usd: number): void;
}

/** One OpenAI-compatible endpoint: address, key and connections. It owns the sockets; `close` closes them. */
export class Endpoint {
  readonly name: string;
  readonly advice: EndpointAdvice;
  readonly clock: Clock;
  readonly random: Random;
  readonly apiKey?: string;
  readonly maxConcurrency: number;
  readonly connections: Bulkhead<Connection>;
  /** A short outage is retried freely, a long one for a tenth of the calls: many agents must not overload an endpoint that is failing already. */
  readonly retries = new TokenBucket({ capacity: 10, perCall: 0.1 });
  /** Between two events of its streams, after their first text. */
  readonly eventGaps = new LearnedWait(EVENT_GAP);
  /** Other agents that ask the same endpoint. */
  peers?: EndpointPeers;
  /** Change the bodies of its requests. */
  transforms?: BodyTransforms;
  #origin: string;
  /** The path before `/v1`, if any. */
  readonly #basePath: string;
  #closed = false;
  readonly #onUpgrade?: () => void;
  readonly #onRetryRefused?: () => void;
  readonly #onCost?: (usd: number) => void;
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
    // Connections are acquired only after `warmUp`.
    this.connections = new Bulkhead(
      maxConcurrency,
      () => (this.#transport as Transport)(),
      // Not from inside the event that ends its exchange.
      (connection) => queueMicrotask(() => connection.destroy()),
    );
    this.#onUpgrade = options.onUpgrade;
    this.#onRetryRefused = options.onRetryRefused;
    this.#onCost = options.onCost;
  }

  /** Takes a retry from the budget. @returns false when it is spent. */
  mayRetry(): boolean {
    const may = this.retries.withdraw();
    if (!may) this.#onRetryRefused?.();
    return may;
  }

  /** @param usd what the response says that its request cost; ignored unless it is a positive number. */
  noteCost(usd: number): void {
    if (usd > 0 && Number.isFinite(usd)) this.#onCost?.(usd);
  }

  /** True once every connection is closed for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Scheme, host and port. */
  get origin(): string {
    return this.#origin;
  }

  /** @returns the path on the server. @param path from `/v1` on, such as `/v1/models`. */
  path(path: string): string {
    return this.#basePath + path;
  }

  /** Sends every later request to https. */
  upgrade(): void {
    if (this.#origin.startsWith('https:')) return;
    this.#origin = this.#origin.replace(/^http:/, 'https:');
    this.#onUpgrade?.();
  }

  /** True once the code that makes connections is loaded. */
  get isWarm(): boolean {
    return this.#transport !== undefined;
  }

  /** Loads the code that makes connections, so that the first request need not. Opens no connection. */
  warmUp(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** undici takes longer to load than the rest of the plugin, and an agent whose provider is healthy never needs it. */
  async #load(): Promise<void> {
    if (this.#transport) return;
    const { createUndiciTransport } = await import('./transport/undici-transport.js');
    this.#transport = createUndiciTransport(this.#proxies);
  }

  /** Refuses new requests, gives those in flight 5 s to end, and closes every socket. */
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
