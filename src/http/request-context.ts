import type { Endpoint } from './endpoint.js';

/** What every error about one request needs to know. */
export interface RequestContext {
  endpoint: Endpoint;
  /** Ours, or the one the server answered with. Empty when the request was never sent. */
  requestId: string;
  model?: string;
  /** How often the request was sent; counts from 1. */
  attempt?: number;
  /** The body of the request: text of it that the upstream quotes decides nothing. */
  sent?: string | Uint8Array;
}
