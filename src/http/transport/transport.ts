import type { RequestPhase } from '../../core/errors.js';
import type { StopSignal } from '../timeout.js';

/** A request as a connection sends it. */
export interface TransportRequest {
  method: 'GET' | 'POST';
  /** Scheme, host and port. */
  origin: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** Ends the exchange at once, in any phase, and closes its socket. */
  stop: StopSignal;
}

/** Not a plain object: a server may send a header named `constructor`. */
export interface ResponseHeaders {
  /** @param name in lower case. @returns the value, repeated ones joined by a comma; null when there is none. */
  get(name: string): string | null;
}

/** A response whose headers have arrived. */
export interface TransportResponse {
  statusCode: number;
  headers: ResponseHeaders;
  body: Body;
  /** How often the request was sent: 2 when the server had closed the reused socket it was sent on first. */
  sends: number;
}

/** The body of a response, read on demand. Bytes that are not asked for stay on the socket and hold the server back. */
export interface Body {
  /** The next bytes; undefined at the end. One call at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Closes the socket, unless the response is complete. */
  destroy(): void;
}

/** One socket, reused, for one exchange of request and response at a time. */
export interface Connection {
  /**
   * Sends a request.
   * @param onEnd is called once, when the connection is free again: the body has ended or was destroyed, or the exchange
   * failed.
   * @returns the response, once its headers have arrived.
   * @throws {TransportError} for every failure, and when the request is stopped. So does the body.
   */
  exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse>;
  /** Closes the socket, with the exchange on it. */
  destroy(): void;
}

/** Creates the connections of one endpoint. */
export type Transport = () => Connection;

/** The failure of one exchange. `requestError` turns it into the error that callers see. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  constructor(
    /** What the runtime threw, or the reason for which the request was stopped. */
    override readonly cause: unknown,
    readonly phase: RequestPhase,
    /** How often the request had been sent. */
    readonly sends: number,
  ) {
    super('The exchange failed');
  }
}
