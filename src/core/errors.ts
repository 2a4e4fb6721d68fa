import { ElizaNetError, type ElizaNetErrorDetails } from './elizanet-error.js';
import type { Failure } from './failure-rules.js';
import { PROVIDER_NAME } from './provider-name.js';

/** The errors of ElizaNet's own client and models; those of failing over are in `failover-errors.ts`. */

/**
 * How far a request had got: `queue`, waiting because all connections were busy; `connect`; `response`, sent and not
 * answered by a single byte; `body`, answered in part.
 */
export type RequestPhase = 'queue' | 'connect' | 'response' | 'body';

/** One or more settings have values that cannot be used. `problems` has a line for each. Thrown by the plugin's `init`. */
export class ConfigurationError extends ElizaNetError {
  override readonly name = 'ConfigurationError';
  constructor(readonly problems: readonly string[]) {
    super('INVALID_CONFIGURATION', 'request', `ElizaNet settings: ${problems.join('; ')}`);
  }
}

/**
 * ElizaNet was not asked. `code` says why: `FALLBACK_DISABLED` (`ELIZANET_FALLBACK_ENABLED` is false), `SERVICE_STOPPED`
 * (the agent was stopped), `CIRCUIT_OPEN` (it failed a moment ago; `retryAfterMs` is the time until the next probe) or
 * `ENDPOINT_SKIPPED` (`skippedFor` says why: a limit of the settings, or something that the endpoint cannot serve).
 * Not a failure of the endpoint.
 */
export class ElizaNetUnavailableError extends ElizaNetError {
  override readonly name = 'ElizaNetUnavailableError';
  declare readonly code: 'FALLBACK_DISABLED' | 'SERVICE_STOPPED' | 'CIRCUIT_OPEN' | 'ENDPOINT_SKIPPED';
  /** Why the endpoint was passed over; only for `ENDPOINT_SKIPPED`. */
  readonly skippedFor?: string;
  /** It was passed over only because another endpoint serves the call better; it may be asked after that one. */
  readonly yields?: true;

  static fallbackDisabled(modelType: string): ElizaNetUnavailableError {
    const message = `ElizaNet is switched off and cannot serve ${modelType}; set ELIZANET_FALLBACK_ENABLED=true or add another provider`;
    return new ElizaNetUnavailableError('FALLBACK_DISABLED', 'request', message);
  }

  /** @param endpoint the name of the endpoint whose connections are closed. */
  static serviceStopped(endpoint: string): ElizaNetUnavailableError {
    const message = `${endpoint} was stopped together with its agent`;
    return new ElizaNetUnavailableError('SERVICE_STOPPED', 'request', message);
  }

  static circuitOpen(modelType: string, retryAfterMs: number): ElizaNetUnavailableError {
    const message = `ElizaNet's circuit is open for ${modelType}, next probe in ${retryAfterMs} ms`;
    return new ElizaNetUnavailableError('CIRCUIT_OPEN', 'server', message, { retryAfterMs });
  }

  /**
   * @param endpoint the name of the endpoint that is passed over.
   * @param reason such as `100 calls per hour`.
   * @param yields see the property.
   */
  static skipped(endpoint: string, modelType: string, reason: string, yields?: true): ElizaNetUnavailableError {
    const message = `${endpoint} is not asked for ${modelType}: ${reason}`;
    const error = new ElizaNetUnavailableError('ENDPOINT_SKIPPED', 'request', message);
    return Object.assign(error, { skippedFor: reason, yields });
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
 * The content of a URL that a caller gave could not be fetched. `code` says why: `RESOURCE_REFUSED`, the URL leads to
 * where this machine must not be sent (a private, loopback or link-local address, a name that resolves to one, anything
 * but http and https), and nothing was sent; `RESOURCE_FETCH`, it is not there, too large or too slow. A failure of that
 * URL, not of ElizaNet. Names the host, not the path.
 */
export class ResourceError extends ElizaNetError {
  override readonly name = 'ResourceError';
  constructor(
    override readonly code: 'RESOURCE_REFUSED' | 'RESOURCE_FETCH',
    message: string,
    details: ElizaNetErrorDetails = {},
  ) {
    super(code, 'request', message, details);
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

/**
 * The upstream answered with an error status, `code` `UPSTREAM_STATUS`, or redirected to another origin, `code`
 * `REDIRECT_REFUSED`: then nothing was sent there.
 */
export class UpstreamStatusError extends ElizaNetError {
  override readonly name = 'UpstreamStatusError';
  /** The upstream's own words, at most 500 characters, the key removed. Not enumerable: upstreams echo prompts. */
  declare readonly upstreamMessage: string;
  constructor(
    message: string,
    failure: Failure,
    upstreamMessage: string,
    details: Pick<ElizaNetErrorDetails, 'model' | 'attempt'> = {},
    override readonly code: 'UPSTREAM_STATUS' | 'REDIRECT_REFUSED' = 'UPSTREAM_STATUS',
  ) {
    super(code, failure.kind, message, { ...failure, ...details });
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
 * A provider did not answer in time: ElizaNet (`code` `UPSTREAM_TIMEOUT`) or a primary (`PROVIDER_TIMEOUT`). `timeoutMs`
 * is the limit that was exceeded, in milliseconds; `phase` what it was spent on: `body` is the rest of an answer, or a
 * stream's next chunk. Not the caller's own abort.
 */
export class ProviderTimeoutError extends ElizaNetError {
  override readonly name = 'ProviderTimeoutError';
  constructor(
    override readonly code: 'UPSTREAM_TIMEOUT' | 'PROVIDER_TIMEOUT',
    message: string,
    readonly timeoutMs: number,
    readonly phase: RequestPhase = 'response',
    details: ElizaNetErrorDetails = {},
  ) {
    super(code, 'timeout', message, details);
  }
}

/**
 * The upstream's answer is not what its API promises (`code` `INVALID_RESPONSE`), or is larger than the limit and was not
 * read to its end (`RESPONSE_TOO_LARGE`). Names what was wrong, never the content.
 */
export class InvalidResponseError extends ElizaNetError {
  override readonly name = 'InvalidResponseError';
  constructor(
    message: string,
    details: ElizaNetErrorDetails = {},
    override readonly code: 'INVALID_RESPONSE' | 'RESPONSE_TOO_LARGE' = 'INVALID_RESPONSE',
  ) {
    super(code, 'server', message, details);
  }
}

/**
 * A provider's vectors are of another space than those in the agent's store, where they would find nothing: its model is
 * not the primary's. Thrown in place of the vector, also with `ELIZANET_EMBEDDING_ON_ERROR=vector`: a placeholder would
 * hide for a whole outage what only a setting can change.
 */
export class EmbeddingSpaceMismatchError extends ElizaNetError {
  override readonly name = 'EmbeddingSpaceMismatchError';
  constructor(provider: string, why: string, details: ElizaNetErrorDetails = {}) {
    const advice = "set ELIZANET_EMBEDDING_MODEL to the primary's model";
    super(
      'EMBEDDING_SPACE_MISMATCH',
      'request',
      `${provider}'s vectors do not fit the agent's store: ${why}${provider === PROVIDER_NAME ? `; ${advice}` : ''}`,
      details,
    );
  }
}

/** The model refused, or a content filter took its whole answer. The endpoint works, and refuses the same request again. */
export class ContentPolicyError extends ElizaNetError {
  override readonly name = 'ContentPolicyError';
  /** @param endpoint the name of the endpoint that was asked. */
  constructor(endpoint: string, details: ElizaNetErrorDetails = {}) {
    const message = `${endpoint}'s model refused to answer, or its content filter did`;
    super('CONTENT_POLICY', 'content_policy', message, details);
  }
}

/** The model reached its token limit before its first text, as reasoning models do. Fault of the limit, not the endpoint. */
export class OutputLimitError extends ElizaNetError {
  override readonly name = 'OutputLimitError';
  /** @param endpoint the name of the endpoint that was asked. */
  constructor(endpoint: string, details: ElizaNetErrorDetails = {}) {
    const message = `${endpoint}'s model used up its token limit before it wrote any text; raise maxTokens`;
    super('OUTPUT_LIMIT', 'request', message, details);
  }
}

/**
 * The token limit cut the model's answer off. Thrown for text only on a core that takes a cut answer for an error, and for
 * cut arguments of a tool call on every core. `code` is core's own for it. Fault of the limit, not the endpoint.
 */
export class OutputIncompleteError extends ElizaNetError {
  override readonly name = 'OutputIncompleteError';
  /** @param endpoint the name of the endpoint that was asked. */
  constructor(endpoint: string, details: ElizaNetErrorDetails = {}) {
    const message = `${endpoint}'s model was cut off at its token limit; raise maxTokens`;
    super('MODEL_OUTPUT_INCOMPLETE', 'request', message, details);
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

/**
 * An extension with `onError: 'fail'` threw, took too long or returned something unusable. The message names it and the
 * fault; `cause` is what it threw.
 */
export class ExtensionError extends ElizaNetError {
  override readonly name = 'ExtensionError';
  constructor(point: string, extension: string, fault: string, cause?: unknown) {
    super('EXTENSION_FAILED', 'request', `The ${point} "${extension}" ${fault}`, { cause });
  }
}
