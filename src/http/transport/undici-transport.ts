import { Socket } from 'node:net';
import { Agent, buildConnector, Client, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { ProxySettings } from './proxy-settings.js';
import type { Connection, Transport, TransportRequest, TransportResponse } from './transport.js';
import { type ExchangeHost, UndiciExchange } from './undici-exchange.js';

/** uvicorn, which LiteLLM runs on, closes idle sockets at 5.0 s without announcing it; we let go of them first. */
const KEEP_ALIVE_MS = 4_000;

/** The transport on Node. One undici client for each connection: what is lent out is a socket, and never more than that. */
export function createUndiciTransport(proxies?: ProxySettings): Transport {
  // Shared, because it remembers TLS sessions. Time limits are ours: one clock for connecting, headers and body.
  const connector = buildConnector({ timeout: 0 });
  return () => new UndiciConnection(connector, proxies);
}

class UndiciConnection implements Connection, ExchangeHost {
  #agent: Dispatcher | undefined;
  /** The socket that is being connected: undici does not end it with its client. */
  #connecting: Socket | undefined;
  #connected = false;
  /** The current socket had been there before the request was dispatched. */
  #reused = false;
  #onEnd: (() => void) | undefined;

  constructor(
    private readonly connector: buildConnector.connector,
    private readonly proxies: ProxySettings | undefined,
  ) {}

  exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse> {
    this.#onEnd = onEnd;
    const exchange = new UndiciExchange(request, this);
    this.dispatch(exchange);
    return exchange.response;
  }

  dispatch(exchange: UndiciExchange): void {
    const { method, origin, path, headers, body } = exchange.request;
    this.#reused = this.#connected;
    this.#agent ??= this.#createAgent();
    this.#agent.dispatch({ origin, path, method, headers, body }, exchange);
  }

  isReused(): boolean {
    return this.#reused;
  }

  ended(stopped: boolean): void {
    // A client of undici that is told to abort opens another socket for the aborted request, and one that is still
    // connecting does not hear of it: what comes next would stand in line behind it.
    if (stopped) this.destroy();
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
  }

  destroy(): void {
    // Both settle by events; what they could still report belongs to nobody.
    this.#agent?.destroy().catch(() => {});
    this.#agent = undefined;
    this.#connecting?.destroy();
    this.#connecting = undefined;
    this.#connected = false;
  }

  #createAgent(): Dispatcher {
    const options: Agent.Options = {
      // LiteLLM answers in order on one socket; a slow answer would hold up the ones behind it.
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => this.#connect(options, callback),
      factory: (origin, clientOptions) => this.#createClient(origin, clientOptions),
    };
    return this.proxies ? new EnvHttpProxyAgent({ ...options, ...this.proxies }) : new Agent(options);
  }

  /** An agent makes one for each origin: a second one appears only when the endpoint turns out to live at https. */
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
    // It does return the socket, though its type does not say so.
    const socket: unknown = this.connector(options, (...result) => {
      this.#connecting = undefined;
      callback(...result);
    });
    if (socket instanceof Socket) this.#connecting = socket;
  }
}
