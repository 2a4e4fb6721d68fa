/** What went wrong with one attempt, in the words of the contract table. */
export type FailureKind =
  | 'rate_limit'
  | 'quota'
  | 'server'
  | 'network'
  | 'timeout'
  | 'no_output'
  | 'disguised'
  | 'interrupted'
  | 'auth'
  | 'context_length'
  | 'content_policy'
  | 'model_not_found'
  | 'request'
  | 'unknown'
  | 'user_abort';

/** A failed attempt, classified. */
export interface Failure {
  kind: FailureKind;
  /** HTTP status of the failing response, when there was one. */
  statusCode?: number;
  /** How long the provider asked to be left alone, in milliseconds. */
  retryAfterMs?: number;
  /** Error code such as `ECONNREFUSED` or `insufficient_quota`. */
  code?: string;
  requestId?: string;
}

/** How a failure counts for the breaker: opens it at once, opens it for the longest time, adds to the row, not at all. */
export type BreakerEffect = 'trip' | 'trip-longest' | 'count' | 'ignore';

export interface FailureRule {
  /** `optional`: only when the kind is listed in `ELIZANET_FALLBACK_ON`. */
  failsOver: 'yes' | 'optional' | 'no';
  breaker: BreakerEffect;
  /** What the kind is recognised by, in one line for README and docs. */
  recognisedBy: string;
}

/**
 * The contract: what each kind of failure leads to. README's table is generated from this one, and a test holds them
 * together.
 */
export const FAILURE_RULES: Readonly<Record<FailureKind, FailureRule>> = {
  rate_limit: { failsOver: 'yes', breaker: 'trip', recognisedBy: '429; "rate limit", "too many requests"' },
  quota: {
    failsOver: 'yes',
    breaker: 'trip-longest',
    recognisedBy: '402; `insufficient_quota`; credit, billing and subscription-limit texts, also inside a 400 or 429',
  },
  server: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy:
      '500, 502, 503, 504, 529; "service unavailable", "bad gateway", "gateway timeout"; a 200 whose body is not what the API promises',
  },
  network: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy: '`ECONN*`, `ENOTFOUND`, `EAI_AGAIN`, `EPIPE`, `UND_ERR_*`; "fetch failed", "connection refused"',
  },
  timeout: { failsOver: 'yes', breaker: 'count', recognisedBy: '408; an abort or timeout that the user did not cause' },
  no_output: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy: 'a stream that ends, or breaks, before any text; an object call that is answered without JSON',
  },
  disguised: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy: 'an apology sentence, `{}` or a made-up vector returned as if it were the answer',
  },
  interrupted: { failsOver: 'yes', breaker: 'count', recognisedBy: 'a stream that is cut after its first text' },
  auth: { failsOver: 'optional', breaker: 'ignore', recognisedBy: '401, 403; a missing or refused API key' },
  context_length: {
    failsOver: 'optional',
    breaker: 'ignore',
    recognisedBy: '`context_length_exceeded`; "maximum context length"',
  },
  content_policy: {
    failsOver: 'optional',
    breaker: 'ignore',
    recognisedBy: '`content_policy_violation`, `content_filter`; safety-system refusals',
  },
  model_not_found: {
    failsOver: 'optional',
    breaker: 'ignore',
    recognisedBy: '`model_not_found`; a 404 about the model; LiteLLM\'s "Invalid model name"',
  },
  request: { failsOver: 'no', breaker: 'ignore', recognisedBy: 'any other 4xx' },
  unknown: { failsOver: 'no', breaker: 'ignore', recognisedBy: 'anything else, such as a bug in the caller' },
  user_abort: { failsOver: 'no', breaker: 'ignore', recognisedBy: "the caller's own abort signal" },
};

/** Kinds that `ELIZANET_FALLBACK_ON` accepts, the ones it lists by default first. */
export const FALLBACK_KINDS = (Object.keys(FAILURE_RULES) as FailureKind[]).filter(
  (kind) => FAILURE_RULES[kind].failsOver !== 'no',
);

/** Default of `ELIZANET_FALLBACK_ON`. */
export const DEFAULT_FALLBACK_KINDS = FALLBACK_KINDS.filter((kind) => FAILURE_RULES[kind].failsOver === 'yes');
