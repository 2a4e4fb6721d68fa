import type { BreakerStateName } from '../core/circuit-breaker.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { CallRecord } from './call-record.js';
import type { OutageRecord } from './outages.js';

/**
 * `empty`: no call yet but for embeddings. `outage`: a primary's circuit is not closed, and ElizaNet answers. `elizanet_down`: for a
 * model type, no endpoint of ElizaNet has a closed circuit, or the last check of each endpoint found it broken, while the primaries work. `down`: both. `off`: `ELIZANET_FALLBACK_ENABLED=false`.
 */
export type Phase = 'empty' | 'healthy' | 'outage' | 'elizanet_down' | 'down' | 'off';

/** The answer of `getFailoverStatus`, and of `/status` as JSON. Times of day are in milliseconds since the epoch. */
export interface FailoverStatus {
  /** Of the plugin. */
  version: string;
  agent: { id: string; name: string };
  /** When the status was taken. */
  at: number;
  /** `ELIZANET_FALLBACK_ENABLED`. */
  enabled: boolean;
  phase: Phase;
  /** In the order of their numbers. */
  endpoints: {
    /** `elizanet-fallback`, `elizanet-fallback-2`, … */
    name: string;
    /** Host and port. */
    host: string;
    encrypted: boolean;
    hasKey: boolean;
    /** Requests under way. */
    inFlight: number;
    /** Failed requests that may be sent again at once. */
    retriesLeft: number;
    /** False when the last check found it broken, and it has answered no request since. */
    healthy: boolean;
  }[];
  /** The model types that the runtime has handlers for. */
  modelTypes: {
    modelType: string;
    /** In the order in which they are asked. */
    providers: string[];
    /** The first of them that is not isolated and whose circuit is not open; absent when there is none. */
    answeredBy?: string;
  }[];
  /** The circuits that are not closed. */
  circuits: {
    provider: string;
    /** Absent when the circuit of the whole provider is meant. */
    modelType?: string;
    state: BreakerStateName;
    since: number;
    /** Time until a probe is let through, in milliseconds; 0 when the next call is the probe. */
    retryInMs: number;
    reason?: FailureKind;
    statusCode?: number;
  }[];
  /** How long primaries usually take to their first output, and how long they are waited for. */
  waits: {
    provider: string;
    modelType: string;
    form: 'plain' | 'stream';
    usualMs: number;
    /** The wait that `ELIZANET_HEDGE_AFTER=auto` has learned. */
    hedgeAfterMs: number;
    /** Hedges of a slow answer that the budget allows at once. */
    hedgesLeft: number;
  }[];
  failuresByKind: { provider: string; kind: string; count: number }[];
  /** Newest first, at most 20. */
  lastFailovers: CallRecord[];
  /** At most 50: those that go on, then those that ended last; each newest first. */
  outages: OutageRecord[];
  /** Since the agent's start. */
  totals: {
    calls: number;
    /** Calls that another than the first provider answered. */
    failovers: number;
    /** Calls that no provider answered, those with a placeholder vector or an unanswered text included. */
    unanswered: number;
    /** Of ElizaNet. */
    inputTokens: number;
    outputTokens: number;
    /** As far as the endpoint reports it. */
    costUsd: number;
  };
  /** Those of the first endpoint, and the addresses of further ones. Secrets are shown as `***`, and of an address only its origin. */
  settings: { name: string; value: string; isDefault: boolean }[];
}
