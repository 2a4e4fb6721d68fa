import type { Dispatcher } from 'undici';
import type { RequestPhase } from '../../core/errors.js';
import { RawHeaders } from './raw-headers.js';
import { type Body, TransportError, type TransportRequest, type TransportResponse } from './transport.js';

/** How many bytes of a body are buffered before the socket is paused. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What an exchange needs from its connection. */
export interface ExchangeHost {
  /** Sends the request; a second time after a dead socket. */
  dispatch(exchange: UndiciExchange): void;
  /** True when the socket was used before, so that the server may have closed it in the meantime. */
  isReused(): boolean;
  /** Called once, when the exchange is over. @param stopped it ended on our side, so its socket must be closed. */
  ended(stopped: boolean): void;
}

interface Reader {
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: TransportError): void;
}

/**
 * One request and its response, as undici dispatches them. Not `undici.request`, which handles an abort only once it is
 * connected, fails on a response header named `constructor`, and does not tell whether any byte had arrived when the
 * connection was lost.
 */
export class UndiciExchange implements Dispatcher.DispatchHandlers, Body {
  readonly response: Promise<TransportResponse>;
  #resolve!: (response: TransportResponse) => void;
  #reject!: (error: TransportError) => void;
  #phase: RequestPhase = 'connect';
  #sends = 1;
  #over = false;
  #failure: TransportError | undefined;
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #heldBack = false;
  #resume: (() => void) | undefined;
  #reader: Reader | undefined;

  constructor(
    readonly request: TransportRequest,
    private readonly host: ExchangeHost,
  ) {
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    request.stop.add(this.#onStop);
  }

  onConnect(): void {
    this.#phase = 'response';
  }

  onResponseStarted(): void {
    this.#phase = 'body';
  }

  onHeaders(statusCode: number, raw: Buffer[], resume: () => void): boolean {
    // 1xx: the final response follows.
    if (statusCode < 200) return true;
    this.#resume = resume;
    this.#resolve({ statusCode, headers: new RawHeaders(raw), body: this, sends: this.#sends });
    return true;
  }

  onData(bytes: Buffer): boolean {
    const reader = this.#takeReader();
    if (reader) reader.resolve(bytes);
    else {
      this.#chunks.push(bytes);
      this.#waitingBytes += bytes.byteLength;
    }
    this.#heldBack = this.#waitingBytes >= HIGH_WATER_BYTES;
    return !this.#heldBack;
  }

  onComplete(): void {
    this.#end(false);
    this.#takeReader()?.resolve(undefined);
  }

  onError(cause: Error): void {
    if (this.#over) return;
    if (this.#phase === 'response' && this.#sends === 1 && this.host.isReused()) {
      this.#sends = 2;
      this.#phase = 'connect';
      // Not from inside the event that closes the old socket.
      queueMicrotask(() => {
        if (!this.#over) this.host.dispatch(this);
      });
      return;
    }
    this.#fail(cause, false);
  }

  next(): Promise<Uint8Array | undefined> {
    const bytes = this.#chunks.shift();
    if (bytes) {
      this.#waitingBytes -= bytes.byteLength;
      if (this.#heldBack && this.#waitingBytes < HIGH_WATER_BYTES) {
        this.#heldBack = false;
        this.#resume?.();
      }
      return Promise.resolve(bytes);
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#over) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  destroy(): void {
    this.#stop(new Error('The body is not wanted any more'));
  }

  readonly #onStop = () => this.#stop(this.request.stop.reason);

  /** Ends the exchange on our side. Buffered bytes are dropped. */
  #stop(reason: unknown): void {
    this.#chunks.length = 0;
    if (!this.#over) this.#fail(reason, true);
  }

  #fail(cause: unknown, stopped: boolean): void {
    this.#failure = new TransportError(cause, this.#phase, this.#sends);
    this.#end(stopped);
    this.#reject(this.#failure);
    this.#takeReader()?.reject(this.#failure);
  }

  #end(stopped: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.request.stop.remove(this.#onStop);
    this.host.ended(stopped);
  }

  #takeReader(): Reader | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }
}
