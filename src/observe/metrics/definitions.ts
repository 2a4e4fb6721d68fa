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

function counter<const Labels extends readonly string[]>(labels: Labels, help: string) {
  return { type: 'counter', labels, help } as const;
}

function gauge<const Labels extends readonly string[]>(labels: Labels, help: string) {
  return { type: 'gauge', labels, help } as const;
}

function histogram<const Labels extends readonly string[]>(labels: Labels, buckets: readonly number[], help: string) {
  return { type: 'histogram', labels, buckets, help } as const;
}

/**
 * Every series of `/metrics`, without the prefix `elizanet_`. The only place that names them and their labels. The table
 * of docs/operations.md is generated from it.
 */
export const METRICS = {
  calls_total: counter(
    ['model_type', 'target', 'outcome'],
    'Calls through the guard that have ended. target: the provider that answered, or none. outcome: answered (by the first provider), failed_over, placeholder, unanswered_text (ELIZANET_UNANSWERED_TEXT was said), aborted, unanswered',
  ),
  failovers_total: counter(
    ['provider', 'kind'],
    'Calls that another provider answered, by the first provider and why it did not: a kind of failure, circuit_open, slow, or passed_over (isolated, at a limit, or another endpoint serves the call better)',
  ),
  skips_total: counter(
    ['provider', 'model_type'],
    'Times that a provider was not asked: its circuit was open, or it was passed over',
  ),
  failures_total: counter(['provider', 'kind'], 'Failed attempts by kind of failure'),
  attempt_duration_seconds: histogram(
    ['provider', 'model_type', 'outcome'],
    DURATION_BUCKETS,
    'Time to the answer of an attempt at a provider, or until its failure was known; its count is the number of attempts. outcome: answered, failed, abandoned (another provider was first, or the caller stopped waiting)',
  ),
  time_to_first_chunk_seconds: histogram(
    ['provider', 'model_type'],
    FIRST_CHUNK_BUCKETS,
    'Time to the first text of a stream',
  ),
  failover_delay_seconds: histogram(
    ['provider'],
    DURATION_BUCKETS,
    'Time from the first failing response of a provider until the next provider was asked',
  ),
  circuit_state: gauge(
    ['provider', 'model_type', 'state'],
    '1 for the state that a circuit is in; where several circuits have the same labels, as with other, the number of those in that state. model_type is all for the circuit of a whole provider. A circuit appears when it first opens, and counts as open until the next call after its open time',
  ),
  probes_total: counter(['provider', 'outcome'], 'Attempts that tested whether a failed provider is back'),
  hedges_total: counter(
    ['provider', 'outcome'],
    'Attempts at a provider that was asked because an earlier one was silent. outcome: answered (it was first), abandoned, failed',
  ),
  requests_total: counter(
    ['provider', 'model_type', 'outcome'],
    'Requests to ElizaNet that have ended, by endpoint; a stream is one request until its end, a retry is part of its request, and each text of a batch of embeddings and each caller that waits for the same cached answer count. outcome: completed, failed, cancelled',
  ),
  requests_in_flight: gauge(['provider'], 'Requests to ElizaNet under way, open streams included'),
  retries_refused_total: counter(
    ['provider'],
    'Failed requests to ElizaNet that were not sent again, because the budget of retries was spent',
  ),
  cache_hits_total: counter(['provider', 'model_type'], 'Answers taken from the cache in place of a request'),
  embedding_batch_size: histogram([], BATCH_BUCKETS, 'Texts in one request for embeddings'),
  placeholders_total: counter([], 'Placeholder vectors served in place of embeddings'),
  tokens_total: counter(
    ['provider', 'model_type', 'direction'],
    'Tokens of ElizaNet, as the endpoint counted them. direction: input or output',
  ),
  cost_usd_total: counter(
    ['provider'],
    'Cost of the requests to ElizaNet in US dollars, as LiteLLM reported it. A LiteLLM reports none for streams',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The values of a metric's labels, one for each name. */
export type LabelValues<Name extends MetricName> = Strings<(typeof METRICS)[Name]['labels']>;

type Strings<Names extends readonly string[]> = { readonly [Index in keyof Names]: string };
