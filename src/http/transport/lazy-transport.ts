import { ElizaNetUnavailableError } from '../../core/errors.js';
import {
  type Connection,
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from './transport.js';

/** A transport whose code is loaded with its first request, or before it by `load`. */
export interface LazyTransport extends Transport {
  load(): Promise<void>;
}

/**
 * Puts off what takes long to load: undici takes longer than all the rest of the plugin, and an agent whose provider is
 * well never needs it.
 * @param load is called once.
 */
export function createLazyTransport(load: () => Promise<Transport>): LazyTransport {
  let loading: Promise<Transport> | undefined;
  const loadOnce = () => {
    loading ??= load();
    return loading;
  };
  const transport = () => new LazyConnection(loadOnce);
  return Object.assign(transport, {
    load: async () => {
      await loadOnce();
    },
  });
}

class LazyConnection implements Connection {
  #connection: Connection | undefined;
  /** Ends the request that waits for the code to be loaded. */
  #abandon: ((cause: unknown) => void) | undefined;

  constructor(private readonly load: () => Promise<Transport>) {}

  exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse> {
    return this.#connection ? this.#connection.exchange(request, onEnd) : this.#firstExchange(request, onEnd);
  }

  #firstExchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const abandon = (cause: unknown) => {
        if (this.#abandon !== abandon) return;
        this.#abandon = undefined;
        request.stop.remove(onStop);
        onEnd();
        reject(new TransportError(cause, 'connect', 1));
      };
      const onStop = () => abandon(request.stop.reason);
      this.#abandon = abandon;
      request.stop.add(onStop);
      this.load().then((create) => {
        if (this.#abandon !== abandon) return;
        this.#abandon = undefined;
        request.stop.remove(onStop);
        this.#connection = create();
        resolve(this.#connection.exchange(request, onEnd));
      }, abandon);
    });
  }

  destroy(): void {
    this.#abandon?.(ElizaNetUnavailableError.serviceStopped());
    this.#connection?.destroy();
  }
}
