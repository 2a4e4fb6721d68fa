import { type Failure, type FailureKind, PROVIDER_NAME } from './failure-rules.js';

/** Marks our errors across copies of this package: the agent and the CLI may each load their own. */
export const BRAND = Symbol.for(`@elizaos/plugin-${PROVIDER_NAME}/error`);

export interface ElizaNetErrorDetails {
  cause?: unknown;
  /** HTTP status of the upstream's answer. */
  statusCode?: number;
  /** Id of the request, for the upstream's operators: ours, echoed by LiteLLM. */
  requestId?: string;
  /** How long the upstream asked to be left alone, in milliseconds. */
  retryAfterMs?: number;
  /** The model that was asked. */
  model?: string;
  /** How often the request had been sent when it failed; counts from 1. */
  attempt?: number;
}

/**
 * How far a request had got: `queue`, waiting because all connections were busy; `connect`; `response`, sent and not
 * answered by a single byte; `body`, answered in part.
 */
export type RequestPhase = 'queue' | 'connect' | 'response' | 'body';

/** Base of every error this plugin makes. `code` and `kind` are stable; messages hold no key, prompt or answer. */
export class ElizaNetError extends Error {
  override readonly name: string = 'ElizaNetError';
  readonly statusCode?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly model?: string;
  readonly attempt?: number;

  constructor(
    /** Stable machine-readable code, such as `CIRCUIT_OPEN`. */
    readonly code: string,
    /** Row of the contract table this error belongs to. */
    readonly kind: FailureKind,
    message: string,
    details: ElizaNetErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.statusCode = details.statusCode;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.model = details.model;
    this.attempt = details.attempt;
  }
}

/** True for errors of any loaded copy of this package. */
export function isElizaNetError(error: unknown): error is ElizaNetError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** One or more settings have values that cannot be used. `problems` has a line for each. Thrown by the plugin's `init`. */
export class ConfigurationError extends ElizaNetError {
  override readonly name = 'ConfigurationError';
  constructor(readonly problems: readonly string[]) {
    super('INVALID_CONFIGURATION', 'request', `ElizaNet settings: ${problems.join('; ')}`);
  }
}

/** `ELIZANET_FALLBACK_ENABLED` is false and one of ElizaNet's remote models was asked all the same. */
export class FallbackDisabledError extends ElizaNetError {
  override readonly name = 'FallbackDisabledError';
  constructor(modelType: string) {
    super(
      'FALLBACK_DISABLED',
      'request',
      `ElizaNet is switched off and cannot serve ${modelType}; set ELIZANET_FALLBACK_ENABLED=true or add another provider`,
    );
  }
}

/** The agent was stopped; its connections are closed. Not a failure of the upstream. */
export class ServiceStoppedError extends ElizaNetError {
  override readonly name = 'ServiceStoppedError';
  constructor() {
    super('SERVICE_STOPPED', 'request', 'ElizaNet was stopped together with its agent');
  }
}

/** A model was called with params it cannot work with. The message says which and why, never their content. */
export class InvalidInputError extends ElizaNetError {
  override readonly name = 'InvalidInputError';
  constructor(message: string) {
    super('INVALID_INPUT', 'request', message);
  }
}

/**
 * An address that was given to a model leads to where this machine must not be sent: a private, loopback or link-local
 * address, a name that resolves to one, anything but http and https. Nothing was sent there. Names the host, not the path.
 */
export class ResourceRefusedError extends ElizaNetError {
  override readonly name = 'ResourceRefusedError';
  constructor(message: string) {
    super('RESOURCE_REFUSED', 'request', message);
  }
}

/**
 * What an address that was given to a model points to could not be fetched: it is not there, too large, too slow. A
 * failure of that address, not of ElizaNet, so it counts against nobody. Names the host, not the path.
 */
export class ResourceFetchError extends ElizaNetError {
  override readonly name = 'ResourceFetchError';
  constructor(message: string, details: ElizaNetErrorDetails = {}) {
    super('RESOURCE_FETCH', 'request', message, details);
  }
}

/** The data of a tokenizer could not be loaded. The next call tries again. */
export class TokenizerUnavailableError extends ElizaNetError {
  override readonly name = 'TokenizerUnavailableError';
  constructor(encoding: string, cause: unknown) {
    super(
      'TOKENIZER_UNAVAILABLE',
      'unknown',
      `The ${encoding} tokenizer could not be loaded; check that the package js-tiktoken is installed`,
      { cause },
    );
  }
}

/** The upstream answered with an error status. */
export class UpstreamStatusError extends ElizaNetError {
  override readonly name = 'UpstreamStatusError';
  /** The upstream's own words, at most 500 characters, the key removed. Not enumerable: upstreams echo prompts. */
  declare readonly upstreamMessage: string;
  constructor(
    message: string,
    failure: Failure,
    upstreamMessage: string,
    details: Pick<ElizaNetErrorDetails, 'model' | 'attempt'> = {},
  ) {
    super('UPSTREAM_STATUS', failure.kind, message, { ...failure, ...details });
    Object.defineProperty(this, 'upstreamMessage', { value: upstreamMessage, enumerable: false });
  }
}

/** The connection failed or broke, in the `phase` it says. Not a status and not a timeout. */
export class UpstreamConnectionError extends ElizaNetError {
  override readonly name = 'UpstreamConnectionError';
  constructor(
    message: string,
    details: ElizaNetErrorDetails,
    readonly phase: RequestPhase = 'response',
  ) {
    super('UPSTREAM_CONNECTION', 'network', message, details);
  }
}

/**
 * The upstream did not answer in time. `timeoutMs` is the limit that ran out, `phase` what it was spent on: `body` is
 * the rest of an answer, or a stream's next chunk. Not the caller's own abort.
 */
export class UpstreamTimeoutError extends ElizaNetError {
  override readonly name = 'UpstreamTimeoutError';
  constructor(
    message: string,
    readonly timeoutMs: number,
    details: ElizaNetErrorDetails = {},
    readonly phase: RequestPhase = 'response',
  ) {
    super('UPSTREAM_TIMEOUT', 'timeout', message, details);
  }
}

/** The upstream answered with something that is not what its API promises. Names what was wrong, never the content. */
export class InvalidResponseError extends ElizaNetError {
  override readonly name = 'InvalidResponseError';
  constructor(message: string, details: ElizaNetErrorDetails = {}) {
    super('INVALID_RESPONSE', 'server', message, details);
  }
}

/**
 * ElizaNet's vectors are of another space than those in the agent's store, where they would find nothing and be found by
 * nothing: its model is not the primary's. Thrown in place of the vector, also with `ELIZANET_EMBEDDING_ON_ERROR=vector`:
 * that setting is for failures that pass, and this one stays until a setting changes.
 */
export class EmbeddingSpaceMismatchError extends ElizaNetError {
  override readonly name = 'EmbeddingSpaceMismatchError';
  constructor(why: string, details: ElizaNetErrorDetails = {}) {
    super(
      'EMBEDDING_SPACE_MISMATCH',
      'request',
      `ElizaNet's vectors do not fit the agent's store: ${why}; set ELIZANET_EMBEDDING_MODEL to the primary's model`,
      details,
    );
  }
}

/** The model refused, or a content filter took its whole answer. The endpoint is well; the same request is refused again. */
export class ContentPolicyError extends ElizaNetError {
  override readonly name = 'ContentPolicyError';
  constructor(details: ElizaNetErrorDetails = {}) {
    super('CONTENT_POLICY', 'content_policy', "ElizaNet's model refused to answer, or its content filter did", details);
  }
}

/** The model reached its token limit before its first text, as reasoning models do. Fault of the limit, not the endpoint. */
export class OutputLimitError extends ElizaNetError {
  override readonly name = 'OutputLimitError';
  constructor(details: ElizaNetErrorDetails = {}) {
    super(
      'OUTPUT_LIMIT',
      'request',
      "ElizaNet's model used up its token limit before it wrote any text; raise maxTokens",
      details,
    );
  }
}

/**
 * The model's answer is not the object that was asked for, also after it was shown what is wrong. Of the kind `request`:
 * the endpoint has answered, so nothing of this counts against it; it is this model that cannot fill this schema.
 */
export class ObjectValidationError extends ElizaNetError {
  override readonly name = 'ObjectValidationError';
  constructor(
    /** JSON pointers to what is wrong, `''` for the answer as a whole. Keys that the schema does not name are `*`. */
    readonly paths: readonly string[],
    /** The same with the rule that was broken, such as `/size (required)`. */
    problems: readonly string[],
    details: ElizaNetErrorDetails = {},
  ) {
    super(
      'OBJECT_VALIDATION',
      'request',
      `ElizaNet's answer is not the object that was asked for, also after one correction: ${problems.join(', ')}; set ELIZANET_SMALL_MODEL or ELIZANET_LARGE_MODEL to a stronger model, or simplify the schema`,
      details,
    );
  }
}

/** The upstream's answer passed the size limit and was not read to its end. */
export class ResponseTooLargeError extends ElizaNetError {
  override readonly name = 'ResponseTooLargeError';
  constructor(
    readonly limitBytes: number,
    details: ElizaNetErrorDetails = {},
  ) {
    super('RESPONSE_TOO_LARGE', 'server', `ElizaNet answered with more than ${limitBytes} bytes`, details);
  }
}

/** The upstream redirected to another origin. Nothing was sent there. */
export class RedirectRefusedError extends ElizaNetError {
  override readonly name = 'RedirectRefusedError';
  constructor(from: string, to: string, details: ElizaNetErrorDetails = {}) {
    super(
      'REDIRECT_REFUSED',
      'request',
      `ElizaNet at ${from} redirects to ${to}; if that is right, set ELIZANET_BASE_URL to it`,
      details,
    );
  }
}

/** The breaker is open: the upstream failed a moment ago and is left alone until `retryAfterMs` have passed. */
export class CircuitOpenError extends ElizaNetError {
  override readonly name = 'CircuitOpenError';
  constructor(modelType: string, retryAfterMs: number) {
    super(
      'CIRCUIT_OPEN',
      'server',
      `ElizaNet failed a moment ago and is not asked for ${modelType} again before ${retryAfterMs} ms have passed`,
      { retryAfterMs },
    );
  }
}
