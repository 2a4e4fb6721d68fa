/** Buckets that OpenTelemetry's conventions for generative AI name for durations, in seconds. */
const DURATION_BUCKETS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
/** Those for the time to the first token, in seconds. */
const FIRST_CHUNK_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100] as const;

export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** Names of the labels, in the order in which values are given. */
  labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in ascending order. */
  buckets?: readonly number[];
}

/**
 * Every series of `/metrics`, without the prefix `elizanet_`. The only place that names them and their labels. The table
 * of docs/operations.md is generated from it.
 */
export const METRICS = {
  calls_total: {
    type: 'counter',
    help: 'Calls through the guard that have ended. target: the provider that answered, or none. outcome: answered (by the first provider), failed_over, placeholder, aborted, unanswered',
    labels: ['model_type', 'target', 'outcome'],
  },
  failovers_total: {
    type: 'counter',
    help: 'Calls that another provider answered, by the first provider and why it did not: a kind of failure, circuit_open, slow, or passed_over (isolated, at a limit, or another endpoint serves the call better)',
    labels: ['provider', 'kind'],
  },
  skips_total: {
    type: 'counter',
    help: 'Times that a provider was not asked: its circuit was open, or it was passed over',
    labels: ['provider', 'model_type'],
  },
  failures_total: {
    type: 'counter',
    help: 'Failed attempts by kind of failure',
    labels: ['provider', 'kind'],
  },
  attempt_duration_seconds: {
    type: 'histogram',
    help: 'Time to the answer of an attempt at a provider, or until its failure was known; its count is the number of attempts. outcome: answered, failed, abandoned (another provider was first, or the caller stopped waiting)',
    labels: ['provider', 'model_type', 'outcome'],
    buckets: DURATION_BUCKETS,
  },
  time_to_first_chunk_seconds: {
    type: 'histogram',
    help: 'Time to the first text of a stream',
    labels: ['provider', 'model_type'],
    buckets: FIRST_CHUNK_BUCKETS,
  },
  failover_delay_seconds: {
    type: 'histogram',
    help: 'Time from the first failing response of a provider until the next provider was asked',
    labels: ['provider'],
    buckets: DURATION_BUCKETS,
  },
  circuit_state: {
    type: 'gauge',
    help: '1 for the state that a circuit is in. model_type is all for the circuit of a whole provider. A circuit appears when it first opens',
    labels: ['provider', 'model_type', 'state'],
  },
  probes_total: {
    type: 'counter',
    help: 'Attempts that tested whether a failed provider is back',
    labels: ['provider', 'outcome'],
  },
  hedges_total: {
    type: 'counter',
    help: 'Attempts at a provider that was asked because an earlier one was silent. outcome: answered (it was first), abandoned, failed',
    labels: ['provider', 'outcome'],
  },
  requests_total: {
    type: 'counter',
    help: 'Requests to ElizaNet that have ended, by endpoint; a stream is one request until its end. outcome: completed, failed, cancelled',
    labels: ['provider', 'model_type', 'outcome'],
  },
  requests_in_flight: {
    type: 'gauge',
    help: 'Requests to ElizaNet under way, open streams included',
    labels: ['provider'],
  },
  retries_refused_total: {
    type: 'counter',
    help: 'Failed requests to ElizaNet that were not sent again, because the budget of retries was spent',
    labels: ['provider'],
  },
  cache_hits_total: {
    type: 'counter',
    help: 'Answers taken from the cache in place of a request',
    labels: ['provider', 'model_type'],
  },
  embedding_batch_size: {
    type: 'histogram',
    help: 'Texts in one request for embeddings',
    labels: [],
    buckets: BATCH_BUCKETS,
  },
  placeholders_total: { type: 'counter', help: 'Placeholder vectors served in place of embeddings', labels: [] },
  tokens_total: {
    type: 'counter',
    help: 'Tokens of ElizaNet, as the endpoint counted them. direction: input or output',
    labels: ['provider', 'model_type', 'direction'],
  },
  cost_usd_total: {
    type: 'counter',
    help: 'Cost of the requests to ElizaNet in US dollars, as LiteLLM reported it. A LiteLLM reports none for streams',
    labels: ['provider'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The values of a metric's labels, one for each name. */
export type LabelValues<Name extends MetricName> = Strings<(typeof METRICS)[Name]['labels']>;

type Strings<Names extends readonly string[]> = { readonly [Index in keyof Names]: string };
