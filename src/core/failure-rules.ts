/** Kind of failure of one attempt: the rows of `FAILURE_RULES`. */
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
  /** The wait that the provider stated, in milliseconds. */
  retryAfterMs?: number;
  /** Error code such as `ECONNREFUSED` or `insufficient_quota`. */
  code?: string;
  requestId?: string;
  /** Set when the attempt failed because nothing came: a hang, or a stall of a stream. */
  silence?: Silence;
  /**
   * How the kind was recognised. `structured`: by a status, a code or a type, or a response whose message begins with the
   * provider's sentence. `words`: by a message alone, which may quote what a user wrote, so it never closes a whole
   * provider; see `breakerRule`. @default 'structured'
   */
  evidence?: 'structured' | 'words';
}

/** How long nothing came, in milliseconds. */
export interface Silence {
  /** Until the attempt was given up, or another one was started beside it. */
  ms: number;
  /** What is usual for the provider; absent while nothing is known. */
  usualMs?: number;
}

/** Effect on the circuit: opens it at once, opens it for the longest time, counts as one failure in a row, or none. */
export type BreakerEffect = 'trip' | 'trip-longest' | 'count' | 'ignore';

export interface FailureRule {
  /** `optional`: only when the kind is listed in `ELIZANET_FALLBACK_ON`. */
  failsOver: 'yes' | 'optional' | 'no';
  breaker: BreakerEffect;
  /** How the kind is recognised, in one line for the documents. */
  recognisedBy: string;
}

/** The consequences of each kind of failure. The table in docs/how-it-works.md is generated from this one. */
export const FAILURE_RULES: Readonly<Record<FailureKind, FailureRule>> = {
  rate_limit: { failsOver: 'yes', breaker: 'trip', recognisedBy: '429; "rate limit", "too many requests"' },
  quota: {
    failsOver: 'yes',
    breaker: 'trip-longest',
    recognisedBy:
      '402; `insufficient_quota`; an exhausted credit, budget, quota or plan, also inside a 400, 403, 412 or 429, unless a wait of up to an hour is stated',
  },
  server: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy:
      '500 and above, 498; "service unavailable", "bad gateway"; a web page with 401 or 403; a 200 whose body is not what the API promises',
  },
  network: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy:
      '`ECONN*`, `ENOTFOUND`, `EAI_AGAIN`, `EPIPE`, `UND_ERR_*`; failures of TLS and certificates; "fetch failed", "connection refused"',
  },
  timeout: { failsOver: 'yes', breaker: 'count', recognisedBy: '408; an abort or timeout that the user did not cause' },
  no_output: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy:
      'a stream that ends, or breaks, before any text; a call that is answered without content, JSON, image or audio',
  },
  disguised: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy: 'an apology sentence, `{}` or a placeholder vector returned as if it were the answer',
  },
  interrupted: { failsOver: 'yes', breaker: 'count', recognisedBy: 'a stream that is cut after its first text' },
  auth: { failsOver: 'yes', breaker: 'count', recognisedBy: '401, 403; a missing, refused or expired API key' },
  model_not_found: {
    failsOver: 'yes',
    breaker: 'count',
    recognisedBy: '`model_not_found`, `model_decommissioned`; a 404 about the model; LiteLLM\'s "Invalid model name"',
  },
  context_length: {
    failsOver: 'optional',
    breaker: 'ignore',
    recognisedBy: '`context_length_exceeded`; "maximum context length", "prompt is too long"',
  },
  content_policy: {
    failsOver: 'optional',
    breaker: 'ignore',
    recognisedBy: '`content_policy_violation`, `content_filter`; refusals of a safety system',
  },
  request: { failsOver: 'no', breaker: 'ignore', recognisedBy: 'any other 4xx' },
  unknown: { failsOver: 'no', breaker: 'ignore', recognisedBy: 'anything else, such as a bug in the caller' },
  user_abort: { failsOver: 'no', breaker: 'ignore', recognisedBy: "the caller's own abort signal" },
};

/** How a failure counts, and for which part of its provider. */
export interface BreakerRule {
  effect: BreakerEffect;
  /** `provider`: all of its model types. */
  reach: 'provider' | 'model';
}

/**
 * The rule for one failure. A silent provider opens its circuit at once, because each further call would wait as long. An
 * exhausted quota and a refused key concern the account, so they count for the whole provider; a 403 may concern one model
 * only. A quota recognised by words alone counts as a rate limit of its model type: words can be quoted from a prompt.
 */
export function breakerRule({ kind, evidence, statusCode, silence }: Failure): BreakerRule {
  if (silence) return { effect: 'trip', reach: 'model' };
  const effect = FAILURE_RULES[kind].breaker;
  if (kind === 'quota' && evidence === 'words') return { effect: 'trip', reach: 'model' };
  const concernsAccount = kind === 'quota' || (kind === 'auth' && statusCode !== 403);
  return { effect, reach: concernsAccount ? 'provider' : 'model' };
}

/** Kinds that `ELIZANET_FALLBACK_ON` accepts, the ones it lists by default first. */
export const FALLBACK_KINDS = (Object.keys(FAILURE_RULES) as FailureKind[]).filter(
  (kind) => FAILURE_RULES[kind].failsOver !== 'no',
);

/** Default of `ELIZANET_FALLBACK_ON`. */
export const DEFAULT_FALLBACK_KINDS = FALLBACK_KINDS.filter((kind) => FAILURE_RULES[kind].failsOver === 'yes');
