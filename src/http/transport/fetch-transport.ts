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

/** What Bun's fetch takes beside the standard. */
interface BunOptions {
  decompress: false;
  proxy?: false;
}

/**
 * The transport on Bun, whose undici is a shim over its fetch: sockets are pooled by Bun. Redirects are ours to judge,
 * and bodies come as they were sent, so that one that decompresses into gigabytes is bounded like on Node.
 */
export function createFetchTransport(proxies?: ProxySettings): Transport {
  // Bun goes by the environment's proxies unasked, and has to be told where none is wanted.
  const options: BunOptions = { decompress: false, ...(proxies ? {} : { proxy: false }) };
  return () => new FetchConnection(options);
}

class FetchConnection implements Connection {
  #controller: AbortController | undefined;
  /** Something was answered here before, so the next request may go out on a socket that is dead by now. */
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

  /** Sends it once more, on a fresh socket, when the one it was sent on may have been dead. */
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

/** Bun says by its code where it was: connecting, or sent and not answered. */
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
