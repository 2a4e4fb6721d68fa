import { Socket } from 'node:net';
import { Agent, buildConnector, Client, type Dispatcher, ProxyAgent } from 'undici';
import { type ProxySettings, proxyFor } from './proxy-settings.js';
import type { Connection, Transport, TransportRequest, TransportResponse } from './transport.js';
import { type ExchangeHost, UndiciExchange } from './undici-exchange.js';

/** uvicorn, which LiteLLM runs on, closes idle sockets after 5.0 s and does not announce it. Ours are closed before. */
const KEEP_ALIVE_MS = 4_000;

/** The transport on Node. Each connection has an undici client of its own, and so exactly one socket. */
export function createUndiciTransport(proxies?: ProxySettings): Transport {
  // Shared, because it caches TLS sessions. No limits here: `TimeoutController` covers connecting, headers and body.
  const connector = buildConnector({ timeout: 0 });
  return () => new UndiciConnection(connector, proxies);
}

class UndiciConnection implements Connection, ExchangeHost {
  #agent: Dispatcher | undefined;
  /** The proxy that `#agent` tunnels through. */
  #tunnel: string | undefined;
  /** The socket that is connecting. undici does not close it with its client. */
  #connecting: Socket | undefined;
  #connected = false;
  /** True when the socket was connected before the request was dispatched. */
  #reused = false;
  #onEnd: (() => void) | undefined;

  constructor(
    private readonly connector: buildConnector.connector,
    private readonly proxies: ProxySettings | undefined,
  ) {}

  exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse> {
    this.#onEnd = onEnd;
    const exchange = new UndiciExchange(request, this);
    try {
      this.dispatch(exchange);
    } catch (cause) {
      exchange.onError(cause as Error);
    }
    return exchange.response;
  }

  dispatch(exchange: UndiciExchange): void {
    const { request } = exchange;
    const { method, body } = request;
    const proxy = this.proxies && proxyFor(request.origin, this.proxies);
    const isTunnelled = proxy && request.origin.startsWith('https:');
    const agent = this.#agentFor(isTunnelled ? proxy.href : undefined);
    this.#reused = this.#connected;
    const target = proxy && !isTunnelled ? forwarded(request, proxy) : request;
    const { origin, path, headers } = target;
    agent.dispatch({ origin, path, method, headers, body }, exchange);
  }

  isReused(): boolean {
    return this.#reused;
  }

  ended(stopped: boolean): void {
    // An aborted undici client opens another socket for the aborted request, and one that is still connecting ignores the
    // abort. The next request would wait behind that.
    if (stopped) this.destroy();
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
  }

  destroy(): void {
    // What the client still reports after this concerns no request.
    this.#agent?.destroy().catch(() => {});
    this.#agent = undefined;
    this.#connecting?.destroy();
    this.#connecting = undefined;
    this.#connected = false;
  }

  /** A new one only after the endpoint has redirected to https, and with it into the tunnel of a proxy. */
  #agentFor(tunnel: string | undefined): Dispatcher {
    if (this.#agent && this.#tunnel === tunnel) return this.#agent;
    this.destroy();
    const options: Agent.Options = {
      // A server answers in order on one socket, so a slow answer would delay the ones behind it.
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => this.#connect(options, callback),
      factory: (origin, clientOptions) => this.#createClient(origin, clientOptions),
    };
    this.#tunnel = tunnel;
    this.#agent = tunnel === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: tunnel });
    return this.#agent;
  }

  /** Called for each origin: a second time only after the endpoint has redirected to https. */
  #createClient(origin: string | URL, options: object): Client {
    const client = new Client(origin, options);
    client.on('connect', () => {
      this.#connected = true;
      this.#reused = false;
    });
    client.on('disconnect', () => {
      this.#connected = false;
    });
    return client;
  }

  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    // The connector returns the socket, though its type says void.
    const socket: unknown = this.connector(options, (...result) => {
      this.#connecting = undefined;
      callback(...result);
    });
    if (socket instanceof Socket) this.#connecting = socket;
  }
}

/**
 * The request as an http proxy forwards it: with the absolute URL (RFC 9112 §3.2.2). undici would send CONNECT, which
 * proxies such as squid refuse for port 80.
 */
function forwarded({ origin, path, headers }: TransportRequest, proxy: URL): Omit<TransportRequest, 'method' | 'stop'> {
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return {
    origin: proxy.origin,
    path: origin + path,
    headers: {
      ...headers,
      host: new URL(origin).host,
      ...(credentials === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
  };
}
