import type { Failure, FailureKind } from './failure-rules.js';
import { PROVIDER_NAME } from './provider-name.js';

/** Marks our errors across copies of this package: the agent and the CLI may each load their own. */
export const BRAND = Symbol.for(`@elizaos/plugin-${PROVIDER_NAME}/error`);

export interface ElizaNetErrorDetails {
  cause?: unknown;
  /** HTTP status of the upstream's answer. */
  statusCode?: number;
  /** Id of the request, for the upstream's operators: ours, echoed by LiteLLM. */
  requestId?: string;
  /** The wait that the upstream asked for, in milliseconds. */
  retryAfterMs?: number;
  /** The model that was asked. */
  model?: string;
  /** How often the request had been sent when it failed; counts from 1. */
  attempt?: number;
  /** How the kind was recognised; see `Failure`. */
  evidence?: Failure['evidence'];
}

/**
 * Base of every error this plugin makes. `code` and `kind` are stable; messages hold no key, prompt or answer.
 * `instanceof ElizaNetError` is true for the errors of every loaded copy of this package, as `isElizaNetError` is.
 */
export class ElizaNetError extends Error {
  override readonly name: string = 'ElizaNetError';
  readonly statusCode?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly model?: string;
  readonly attempt?: number;
  readonly evidence?: Failure['evidence'];

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
    this.evidence = details.evidence;
  }
}

// Subclasses inherit it, and are recognised by their prototype as usual.
Object.defineProperty(ElizaNetError, Symbol.hasInstance, {
  value(this: unknown, error: unknown): boolean {
    return this === ElizaNetError ? isElizaNetError(error) : Function.prototype[Symbol.hasInstance].call(this, error);
  },
});

/** True for errors of any loaded copy of this package. */
export function isElizaNetError(error: unknown): error is ElizaNetError {
  try {
    return typeof error === 'object' && error !== null && BRAND in error;
  } catch {
    // A revoked proxy.
    return false;
  }
}
