import { kindOfSystemCode } from './classify/codes.js';
import { decide, SHORT_WAIT_MS } from './classify/decide.js';
import { errorNodes } from './classify/error-nodes.js';
import { Evidence } from './classify/evidence.js';
import { identifier, read, safely } from './classify/foreign.js';
import { RequestText } from './classify/request-text.js';
import { isElizaNetError } from './elizanet-error.js';
import { FAILURE_RULES, type Failure, type FailureKind } from './failure-rules.js';

export interface ClassifyOptions {
  /**
   * The params, body and addresses that were sent, in any shape. Providers quote them in their errors, so words that they
   * contain are not evidence. Request data on the error itself, such as `requestBodyValues`, is always included.
   */
  request?: unknown;
}

export interface FailedResponse {
  status: number;
  /** The body, as text or parsed; the first 10,000 characters are read. */
  body?: unknown;
  /** In any container; see `readHeaders`. Its `content-type` tells a web page from an API's answer. */
  headers?: unknown;
}

/**
 * Classifies an error: by status, code and type first, along `cause`, `lastError` and `errors`, then by the provider's
 * sentences. Accepts any value and never throws.
 * @param nowMs the clock, for a Retry-After that is a date.
 */
export function classifyFailure(error: unknown, nowMs: number, options: ClassifyOptions = {}): Failure {
  return classify(error, nowMs, options, 0);
}

/** Classifies an HTTP response. Below status 400 the kind is `unknown` unless the body states an error. */
export function classifyResponse(
  { status, body, headers }: FailedResponse,
  nowMs: number,
  { request }: ClassifyOptions = {},
): Failure {
  const evidence = new Evidence(nowMs);
  if (status >= 400) evidence.status = status;
  evidence.addHeaders(headers);
  evidence.addBody(body);
  return decide(evidence, new RequestText([request]));
}

/** Kinds that are more specific than `no_output`. */
const TELLING_KINDS: readonly FailureKind[] = ['rate_limit', 'quota', 'server', 'network', 'timeout'];

/** How far a chain of our own errors is followed; it may be cyclic. */
const MAX_DEPTH = 4;

function classify(error: unknown, nowMs: number, options: ClassifyOptions, depth: number): Failure {
  const own = ownFailure(error, nowMs, options, depth);
  if (own) return own;
  const evidence = new Evidence(nowMs);
  const nodes = errorNodes(error);
  for (const node of nodes) evidence.addNode(node);
  const failure = decide(evidence, new RequestText([options.request, ...evidence.requests]));
  if (failure.kind !== 'unknown' || depth >= MAX_DEPTH) return failure;
  const wrapped = nodes.find((node) => kindOfOurs(node) !== undefined);
  return wrapped && wrapped !== error ? classify(wrapped, nowMs, options, depth + 1) : failure;
}

/** The failure of one of our own errors, from its fields. For no output and a cut stream, the cause has the details. */
function ownFailure(error: unknown, nowMs: number, options: ClassifyOptions, depth: number): Failure | undefined {
  const kind = kindOfOurs(error);
  if (kind === undefined) return undefined;
  const cause = read(error, 'cause');
  if ((kind === 'no_output' || kind === 'interrupted') && depth < MAX_DEPTH) {
    const failure = classify(cause, nowMs, options, depth + 1);
    return { ...failure, kind: kind === 'no_output' && TELLING_KINDS.includes(failure.kind) ? failure.kind : kind };
  }
  // The system's code of a failed connection is more specific than ours.
  const codes = errorNodes(cause).map((node) => identifier(read(node, 'code')));
  return {
    kind,
    statusCode: numberOf(read(error, 'statusCode')),
    code: codes.find((code) => code && kindOfSystemCode(code)) ?? identifier(read(error, 'code')),
    retryAfterMs: numberOf(read(error, 'retryAfterMs')),
    requestId: identifier(read(error, 'requestId')),
    evidence: read(error, 'evidence') === 'words' ? 'words' : 'structured',
  };
}

/** Undefined for foreign errors, and for kinds that only another version of this package has. */
function kindOfOurs(error: unknown): FailureKind | undefined {
  const kind = safely(() => isElizaNetError(error)) ? read(error, 'kind') : undefined;
  return typeof kind === 'string' && Object.hasOwn(FAILURE_RULES, kind) ? (kind as FailureKind) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * Completes a failure with what the wire showed: the true kind when the error hides it (no output, an apology, an unknown
 * message), and the wait and status that the error does not carry.
 */
export function withWire(failure: Failure, wire: Failure | undefined): Failure {
  if (!wire) return failure;
  const hides = failure.kind === 'no_output' || failure.kind === 'disguised';
  const isWires = (hides && TELLING_KINDS.includes(wire.kind)) || failure.kind === 'unknown';
  const isLimited = failure.kind === 'quota' && (wire.kind === 'quota' || wire.kind === 'rate_limit');
  // A short stated wait overrules the words of an exhausted account.
  const isShort =
    isLimited && failure.evidence === 'words' && (wire.retryAfterMs ?? Number.POSITIVE_INFINITY) <= SHORT_WAIT_MS;
  return {
    ...failure,
    kind: isWires || isShort ? wire.kind : failure.kind,
    statusCode: failure.statusCode ?? wire.statusCode,
    code: failure.code ?? wire.code,
    retryAfterMs: failure.retryAfterMs ?? wire.retryAfterMs,
    evidence: isWires || isLimited ? 'structured' : failure.evidence,
  };
}
