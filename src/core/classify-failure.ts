import { kindOfSystemCode } from './classify/codes.js';
import { decide } from './classify/decide.js';
import { errorNodes } from './classify/error-nodes.js';
import { Evidence } from './classify/evidence.js';
import { attempt, identifier, read } from './classify/foreign.js';
import { RequestText } from './classify/request-text.js';
import { isElizaNetError } from './errors.js';
import { FAILURE_RULES, type Failure, type FailureKind } from './failure-rules.js';

export interface ClassifyOptions {
  /**
   * What was sent: params, body, addresses, in any shape. Providers quote it in their errors, so words that it contains
   * decide nothing. What an error itself keeps of its request is taken into account without being named here.
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
 * Says what kind of failure an error is: from status, code and type first, along `cause`, `lastError` and `errors`, then
 * from the provider's sentences. Takes anything and never throws; see docs/how-it-works.md for the kinds.
 * @param nowMs the clock, for a Retry-After that is a date.
 */
export function classifyFailure(error: unknown, nowMs: number, options: ClassifyOptions = {}): Failure {
  return classify(error, nowMs, options, 0);
}

/** The same for an HTTP response. Below status 400 its kind is `unknown`, unless the body says what failed. */
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

/** The kind that a status and a provider's words stand for. */
export function kindOfStatus(status: number, text: string): FailureKind {
  return classifyResponse({ status, body: text }, 0).kind;
}

/** Kinds that say more of a provider than "it gave no output" does. */
const TELLING_KINDS: readonly FailureKind[] = ['rate_limit', 'quota', 'server', 'network', 'timeout'];

/** Our own errors as causes of one another; the graph may be cyclic. */
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

/**
 * The failure of an error of ours, which says what it is. One that hides a provider's failure (no output, a cut stream)
 * has it as its cause.
 */
function ownFailure(error: unknown, nowMs: number, options: ClassifyOptions, depth: number): Failure | undefined {
  const kind = kindOfOurs(error);
  if (kind === undefined) return undefined;
  const cause = read(error, 'cause');
  if ((kind === 'no_output' || kind === 'interrupted') && depth < MAX_DEPTH) {
    const failure = classify(cause, nowMs, options, depth + 1);
    return { ...failure, kind: kind === 'no_output' && TELLING_KINDS.includes(failure.kind) ? failure.kind : kind };
  }
  // Of a connection the system's own code says more than ours.
  const codes = errorNodes(cause).map((node) => identifier(read(node, 'code')));
  return {
    kind,
    statusCode: numberOf(read(error, 'statusCode')),
    code: codes.find((code) => code && kindOfSystemCode(code)) ?? identifier(read(error, 'code')),
    retryAfterMs: numberOf(read(error, 'retryAfterMs')),
    requestId: identifier(read(error, 'requestId')),
    evidence: 'structured',
  };
}

/** Another copy of this package may know other kinds. */
function kindOfOurs(error: unknown): FailureKind | undefined {
  const kind = attempt(() => isElizaNetError(error)) ? read(error, 'kind') : undefined;
  return typeof kind === 'string' && Object.hasOwn(FAILURE_RULES, kind) ? (kind as FailureKind) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * Completes a failure with what the wire showed: its true cause, when the error hides it (no output, an apology, words
 * that say nothing), and the Retry-After that the error did not carry.
 */
export function withWire(failure: Failure, wire: Failure | undefined): Failure {
  if (!wire) return failure;
  const hides = failure.kind === 'no_output' || failure.kind === 'disguised';
  const isWires = (hides && TELLING_KINDS.includes(wire.kind)) || failure.kind === 'unknown';
  // The words of an empty account, and a response that has the status of one.
  const isConfirmed = failure.kind === 'quota' && (wire.kind === 'quota' || wire.kind === 'rate_limit');
  return {
    ...failure,
    kind: isWires ? wire.kind : failure.kind,
    statusCode: failure.statusCode ?? wire.statusCode,
    code: failure.code ?? wire.code,
    retryAfterMs: failure.retryAfterMs ?? wire.retryAfterMs,
    evidence: isWires || isConfirmed ? 'structured' : failure.evidence,
  };
}
