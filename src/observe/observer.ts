import type { BreakerStateName } from '../core/circuit-breaker.js';
import type { ExtensionFault } from '../core/extension-runner.js';
import type { Failure, FailureKind } from '../core/failure-rules.js';
import type { Health } from '../openai/check-health.js';
import type { CallRecord } from './call-record.js';

/** Tokens that one request took, as the endpoint counted them. */
export interface TokenCounts {
  prompt: number;
  completion: number;
  total: number;
  /** Of the prompt: read from the provider's cache. These three are absent when the endpoint does not count them. */
  cacheReadInputTokens?: number;
  /** Of the prompt: written to the provider's cache. */
  cacheCreationInputTokens?: number;
  /** Of the completion: spent on reasoning. */
  reasoningTokens?: number;
}

/** One request to ElizaNet for one model type; a stream is one request from its start to its end. */
export interface OperationInfo {
  /** The route that was asked, such as `elizanet-fallback`. */
  provider: string;
  /** The type that was asked for, such as `TEXT_SMALL`. */
  modelType: string;
  /** The endpoint's model that serves it. */
  model: string;
  streamed: boolean;
  /** The id of the call's record; undefined for a call that does not go through the guard. */
  callId?: string;
}

/** A circuit has opened, let its probe through, or closed. */
export interface CircuitChange {
  type: 'circuit_changed';
  provider: string;
  /** It is a route to an own endpoint. */
  own: boolean;
  /** Undefined when the circuit of the whole provider is meant. */
  modelType: string | undefined;
  state: BreakerStateName;
  /** Time until the next probe; only for `open`. */
  retryAfterMs?: number;
  /** The kind of `failure`. */
  reason?: FailureKind;
  /** The failure that opened it; undefined when another process reported it. */
  failure?: Failure;
}

/**
 * Something that happened to a call, an attempt, a circuit or an endpoint. Each is reported once. Holds names, kinds,
 * counts and times only: never a prompt, an answer or a key. All times are in milliseconds.
 */
export type Observation =
  /** The plugin was initialised for an agent. */
  | {
      type: 'started';
      /** `ELIZANET_FALLBACK_ENABLED`. */
      enabled: boolean;
      /** Host and port of ElizaNet's address. */
      host: string;
      /** The address is the default one. */
      isDefaultAddress: boolean;
      /** The types that ElizaNet serves. */
      modelTypes: readonly string[];
      /** Names of the settings that differ from their defaults. */
      settings: readonly string[];
    }
  /** A call through the guard has ended. */
  | { type: 'call_ended'; call: CallRecord }
  | CircuitChange
  | ({ type: 'operation_started'; timeoutMs: number } & OperationInfo)
  | ({
      type: 'operation_completed';
      durationMs: number;
      requestId: string;
      /** Undefined when the endpoint did not count them, or when they were counted for another caller. */
      tokens?: TokenCounts;
      promptLength: number;
    } & OperationInfo)
  | ({ type: 'operation_failed'; durationMs: number; failure: Failure; message: string } & OperationInfo)
  /** The caller stopped waiting, or the reader left the stream. */
  | ({ type: 'operation_cancelled'; durationMs: number } & OperationInfo)
  /** Embedding a text only to compare two embedding models. */
  | { type: 'comparison_completed'; provider: string; model: string; tokens?: TokenCounts; promptLength: number }
  | { type: 'answered_from_cache'; provider: string; modelType: string; model: string }
  | { type: 'cache_store_failed' }
  /** One request for embeddings was sent. */
  | { type: 'batch_sent'; texts: number }
  /** A failed request was not sent again, because the endpoint's budget of retries is spent. */
  | { type: 'retry_refused'; provider: string }
  /** The endpoint said what a request cost. */
  | { type: 'cost_reported'; provider: string; usd: number }
  /** A placeholder vector was served in place of an embedding. */
  | { type: 'placeholder_served'; modelType: string; reason: FailureKind }
  /** An answer ended at the token limit, or in a content filter. */
  | { type: 'answer_cut'; modelType: string; by: 'length' | 'content_filter'; requestId: string }
  /** A model refused parts of a request and is asked without them from now on. */
  | { type: 'dialect_learned'; model: string; refused: readonly string[]; requestId?: string }
  /** The endpoint redirected to https and is asked there from now on. */
  | { type: 'endpoint_upgraded'; provider: string }
  /** An endpoint is not asked any more, for a limit of its settings. */
  | { type: 'budget_reached'; provider: string; limit: string }
  /** A limit of costs cannot be kept: the endpoint states neither costs nor prices. */
  | { type: 'cost_unknown'; provider: string }
  /** A check of an endpoint found it failing, or healthy again. */
  | { type: 'endpoint_health_changed'; provider: string; healthy: boolean; key: Health['key']; failure?: Failure }
  | { type: 'provider_isolated'; provider: string }
  | { type: 'provider_restored'; provider: string }
  /** An extension threw, took too long or returned something unusable. */
  | ({ type: 'extension_failed' } & ExtensionFault);

/** Receives every observation. What it throws is dropped. */
export type ObservationSink = (observation: Observation) => void;

/** Passes each observation to every sink. A sink that throws fails neither the call nor the other sinks. */
export class Observer {
  constructor(private readonly sinks: readonly ObservationSink[]) {}

  tell(observation: Observation): void {
    for (const sink of this.sinks) {
      try {
        sink(observation);
      } catch {
        // Not logged: the sink that failed can be the log.
      }
    }
  }
}
