import type { RequestPhase } from '../../core/errors.js';
import type { StopSignal } from '../timeout.js';

export interface TransportRequest {
  method: 'GET' | 'POST';
  /** Scheme, host and port. */
  origin: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** Ends the exchange at once, wherever it is, and closes its socket. */
  stop: StopSignal;
}

/** Read by name, in lower case. Not an object of names: `constructor` is one that a server may send. */
export interface ResponseHeaders {
  /** The value; repeated ones joined by a comma. */
  get(name: string): string | null;
}

export interface TransportResponse {
  statusCode: number;
  headers: ResponseHeaders;
  body: Body;
  /** How often the request was sent: 2 after a reused socket turned out to be dead. */
  sends: number;
}

/** A response's body, pulled: what its reader does not ask for stays on the socket, and holds the sender back. */
export interface Body {
  /** The next bytes; undefined at the end. One call at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Nothing more is wanted: closes the socket, unless the response is complete. */
  destroy(): void;
}

/** A place for one exchange at a time, with a socket that is kept for the next one. */
export interface Connection {
  /**
   * Sends a request.
   * @param onEnd is called once, when the connection is free again: the body has come or was destroyed, or it failed.
   * @returns the response as soon as its headers are there.
   * @throws {TransportError} for whatever goes wrong, also when it is stopped; its body throws the same.
   */
  exchange(request: TransportRequest, onEnd: () => void): Promise<TransportResponse>;
  /** Closes its socket, with whatever is under way on it. */
  destroy(): void;
}

/** Makes the connections of one endpoint. */
export type Transport = () => Connection;

/** What went wrong with an exchange, and how far it had got. `send` makes of it what callers see. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  constructor(
    /** What the runtime threw, or why it was stopped. */
    override readonly cause: unknown,
    readonly phase: RequestPhase,
    /** How often the request had been sent. */
    readonly sends: number,
  ) {
    super('The exchange failed');
  }
}
