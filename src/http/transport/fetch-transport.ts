import type { RequestPhase } from '../../core/errors.js';
import type { ProxySettings } from './proxy-settings.js';
import {
  type Body,
  type Connection,
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from './transport.js';

/** Options of Bun's fetch that are not in the standard. */
interface BunOptions {
  decompress: false;
  proxy?: false;
}

/**
 * The transport on Bun, whose undici is a shim over its fetch. Bun pools the sockets. Redirects are not followed, and
 * bodies are not decompressed here, so that both are handled and bounded as on Node.
 */
export function createFetchTransport(proxies?: ProxySettings): Transport {
  // Bun uses the environment's proxies unless told not to.
  const options: BunOptions = { decompress: false, ...(proxies ? {} : { proxy: false }) };
  return () => new FetchConnection(options);
}

class FetchConnection implements Connection {
  #controller: AbortController | undefined;
  /** True after the first answer: the next request may be sent on a socket that the server has closed. */
  #answeredBefore = false;

  constructor(private readonly options: BunOptions) {}

  async exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse> {
    const controller = new AbortController();
    this.#controller = controller;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      request.stop.remove(onStop);
      this.#controller = undefined;
      onEnd();
    };
    const onStop = () => {
      controller.abort(request.stop.reason);
      end();
    };
    request.stop.add(onStop);
    try {
      const { response, sends } = await this.#send(request, controller.signal);
      this.#answeredBefore = true;
      const body = new FetchBody(response.body?.getReader(), controller, sends, end);
      return { statusCode: response.status, headers: response.headers, body, sends };
    } catch (error) {
      end();
      throw error;
    }
  }

  destroy(): void {
    this.#controller?.abort(new Error('The connection was closed'));
  }

  /** Sends the request a second time, on a new socket, when the first socket may have been dead. */
  async #send(request: TransportRequest, signal: AbortSignal): Promise<{ response: Response; sends: number }> {
    try {
      return { response: await this.#fetch(request, signal, true), sends: 1 };
    } catch (error) {
      if (signal.aborted || phaseOf(error) === 'connect' || !this.#answeredBefore) throw wireError(error, signal, 1);
    }
    try {
      return { response: await this.#fetch(request, signal, false), sends: 2 };
    } catch (error) {
      throw wireError(error, signal, 2);
    }
  }

  #fetch(request: TransportRequest, signal: AbortSignal, keepalive: boolean): Promise<Response> {
    const { method, origin, path, headers } = request;
    const body = request.body as RequestInit['body'];
    return fetch(origin + path, { method, headers, body, signal, keepalive, redirect: 'manual', ...this.options });
  }
}

function wireError(error: unknown, signal: AbortSignal, sends: number): TransportError {
  return new TransportError(signal.aborted ? signal.reason : error, phaseOf(error), sends);
}

/** Bun's error code tells whether it was connecting, or had sent the request. */
function phaseOf(error: unknown): RequestPhase {
  const code = String((error as { code?: unknown } | null)?.code);
  return /REFUSED|FailedToOpenSocket|NOTFOUND|DNS|CERT|SIGNATURE|SSL|TLS/i.test(code) ? 'connect' : 'response';
}

class FetchBody implements Body {
  #over = false;

  constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
    private readonly controller: AbortController,
    private readonly sends: number,
    private readonly onEnd: () => void,
  ) {}

  async next(): Promise<Uint8Array | undefined> {
    if (this.#over) return undefined;
    try {
      const item = await this.reader?.read();
      if (item && !item.done) return item.value;
    } catch (error) {
      this.#end();
      const { signal } = this.controller;
      throw new TransportError(signal.aborted ? signal.reason : error, 'body', this.sends);
    }
    this.#end();
    return undefined;
  }

  destroy(): void {
    if (this.#over) return;
    this.#end();
    this.controller.abort(new Error('The body is not wanted any more'));
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.onEnd();
  }
}
