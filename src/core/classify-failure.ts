import { type ElizaNetError, isElizaNetError } from './errors.js';
import type { Failure, FailureKind } from './failure-rules.js';
import { isRecord } from './is-record.js';
import { parseRetryAfter, parseRetryAfterText } from './retry-after.js';

/** Error texts can carry whole prompts; more than this is never searched. */
const MAX_TEXT_CHARS = 10_000;
/** Nodes of an error's `cause` / `lastError` / `errors` graph that are looked at; graphs may be cyclic. */
const MAX_NODES = 16;

const NETWORK_CODE = /^(ECONN[A-Z]*|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_[A-Z_]+)$/;
/** Bun's own names for connection failures. */
const BUN_NETWORK_CODE = /^(ConnectionRefused|ConnectionClosed|ConnectionReset|FailedToOpenSocket|ERR_SOCKET_[A-Z_]+)$/;
const TIMEOUT_CODE = /^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_[A-Z_]*TIMEOUT|UND_ERR_ABORTED|ABORT_ERR)$/;
const TIMEOUT_NAME = /^(AbortError|TimeoutError)$/;
/** The AI SDK's: a stream without content, an object call whose answer holds no JSON. */
const NO_OUTPUT_NAME = /^AI_No(Output|Object)GeneratedError$/;

/** Codes that providers put on the error or into its body; they say more than the status does. */
const KIND_BY_CODE: Readonly<Record<string, FailureKind>> = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  context_length_exceeded: 'context_length',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  moderation_blocked: 'content_policy',
  model_not_found: 'model_not_found',
  invalid_api_key: 'auth',
  rate_limit_exceeded: 'rate_limit',
  // The AI SDK makes up a 400 for a 200 of OpenAI's responses API that holds this error.
  server_error: 'server',
};

/** A status that exists only in a message: "OpenAI API error: 429 - Too Many Requests". A bare number is not enough. */
const STATUS_IN_TEXT = /(?:API error|HTTP(?: error)?|status(?: code)?|error code)[:\s]+\(?([45]\d\d)\b/i;

const QUOTA_TEXT =
  /insufficient[_ ](?:quota|credits?|balance|funds)|exceeded your current quota|quota exceeded|credit balance is too low|out of credits|billing (?:hard )?limit|payment required|(?:session|usage|spending) limit (?:reached|exceeded|hit)|(?:reached|hit|exceeded) your (?:[a-z-]+ )?(?:session|usage|spending) limit|resets \d{1,2}(?::\d\d)?\s?(?:am|pm) \(/i;
const CONTEXT_TEXT =
  /context_length_exceeded|ContextWindowExceededError|maximum context length|prompt is too long|context window (?:is )?exceeded/i;
const POLICY_TEXT =
  /content_policy_violation|ContentPolicyViolationError|(?:as a result of|rejected by) (?:our|the) safety system|content management policy|flagged by (?:our|the) (?:moderation|safety|content)/i;
/** LiteLLM says 400 "Invalid model name passed in model=…" where OpenAI says 404. */
const MODEL_TEXT =
  /Invalid model name passed|model_not_found|model\b.{0,120}\b(?:does not exist|not found|not supported)/i;
/** LiteLLM without a database answers a wrong key with 400 "No connected db.". */
const AUTH_TEXT =
  /No connected db\.|invalid[_ ]api[_ ]key|incorrect API key|API key is missing|no api key passed|malformed API key|\bunauthorized\b/i;

/** Read only when no status is known, in this order. The phrases are the specification's, bounded so that none is a word of everyday prose. */
const KIND_BY_TEXT: readonly (readonly [RegExp, FailureKind])[] = [
  [QUOTA_TEXT, 'quota'],
  [
    /rate[_ -]limit(?:_exceeded|ed| exceeded| reached| error|\b(?! (?:parameter|option|value|setting)))|too many requests/i,
    'rate_limit',
  ],
  [CONTEXT_TEXT, 'context_length'],
  [POLICY_TEXT, 'content_policy'],
  [AUTH_TEXT, 'auth'],
  // plugin-openai and plugin-openrouter have only these words for an embedding that is none.
  [/API returned invalid structure/, 'server'],
  [/service unavailable|bad gateway|gateway time-?out|internal server error|\boverloaded(?:_error)?\b/i, 'server'],
  [
    /connection refused|network error|fetch failed|socket hang up|socket connection was closed|unable to connect|cannot connect to API/i,
    'network',
  ],
  [
    /\btimed out\b|(?:request|connect(?:ion)?|socket|response|read|headers|body) time-?out|time-?out (?:of|after|exceeded|error)|^time-?out$/im,
    'timeout',
  ],
];

/**
 * Says what kind of failure an error is: from structure first (status, code, name, along `cause`, `lastError` and
 * `errors`), from the words of its message last. Anything may be passed, also what is not an Error.
 * @param nowMs the clock, for a Retry-After that is a date.
 */
export function classifyFailure(error: unknown, nowMs: number): Failure {
  if (isElizaNetError(error)) return failureOfOurs(error, nowMs);
  const nodes = errorNodes(error);
  const codes = nodes.flatMap(codesOf);
  const text = nodes.map(textOf).join('\n').slice(0, MAX_TEXT_CHARS);
  const statusCode = firstDefined(nodes, statusOf) ?? statusInText(text);
  return {
    kind: kindOf(statusCode, codes, nodes, text),
    statusCode,
    code: codes.find((code) => code in KIND_BY_CODE || isNetworkCode(code)) ?? codes[0],
    retryAfterMs: firstDefined(nodes, (node) => retryAfterOf(node, nowMs)) ?? parseRetryAfterText(text),
    requestId: firstDefined(nodes, (node) => asString(node.requestId) ?? asString(node.request_id)),
  };
}

/** Kinds that say more of a provider than "it gave no output" does. */
const TELLING_KINDS: readonly FailureKind[] = ['rate_limit', 'quota', 'server', 'network', 'timeout'];

/** Ours say what they are. What hides a provider's failure (no output, a cut) tells by its cause what that was. */
function failureOfOurs(error: ElizaNetError, nowMs: number): Failure {
  const { kind, statusCode, retryAfterMs, requestId } = error;
  if (kind !== 'no_output' && kind !== 'interrupted') {
    // Of a connection the system's own code says more than ours.
    const code = errorNodes(error.cause).flatMap(codesOf).find(isNetworkCode) ?? error.code;
    return { kind, statusCode, code, retryAfterMs, requestId };
  }
  const cause = classifyFailure(error.cause, nowMs);
  return { ...cause, kind: kind === 'no_output' && TELLING_KINDS.includes(cause.kind) ? cause.kind : kind };
}

/**
 * Completes a failure with what the wire showed: its true cause, when the error hides it (no output, an apology, words
 * that say nothing), and the Retry-After that the error did not carry.
 */
export function withWire(failure: Failure, wire: Failure | undefined): Failure {
  if (!wire) return failure;
  const hides = failure.kind === 'no_output' || failure.kind === 'disguised';
  const told = (hides && TELLING_KINDS.includes(wire.kind)) || failure.kind === 'unknown' ? wire.kind : failure.kind;
  return {
    ...failure,
    kind: told,
    statusCode: failure.statusCode ?? wire.statusCode,
    code: failure.code ?? wire.code,
    retryAfterMs: failure.retryAfterMs ?? wire.retryAfterMs,
  };
}

/**
 * The kind a response's status and text stand for.
 * @param text the provider's words; decides only where the status leaves it open.
 */
export function kindOfStatus(status: number, text: string): FailureKind {
  if (status === 402) return 'quota';
  if (status === 429 || (status >= 400 && status < 500)) {
    if (QUOTA_TEXT.test(text)) return 'quota';
    if (status === 429) return 'rate_limit';
    if (status === 401 || status === 403) return 'auth';
    if (status === 408) return 'timeout';
    if (CONTEXT_TEXT.test(text)) return 'context_length';
    if (POLICY_TEXT.test(text)) return 'content_policy';
    if (MODEL_TEXT.test(text)) return 'model_not_found';
    if (AUTH_TEXT.test(text)) return 'auth';
    return 'request';
  }
  return status >= 500 ? 'server' : 'unknown';
}

function kindOf(status: number | undefined, codes: string[], nodes: ErrorNode[], text: string): FailureKind {
  for (const code of codes) {
    const kind = KIND_BY_CODE[code];
    if (kind && Object.hasOwn(KIND_BY_CODE, code)) return kind;
  }
  if (status !== undefined) return kindOfStatus(status, text);
  if (codes.some((code) => TIMEOUT_CODE.test(code))) return 'timeout';
  if (codes.some(isNetworkCode)) return 'network';
  if (codes.some((code) => /(?:^|_)UNAVAILABLE$/.test(code))) return 'server';
  if (nodes.some((node) => TIMEOUT_NAME.test(asString(node.name) ?? ''))) return 'timeout';
  if (nodes.some((node) => NO_OUTPUT_NAME.test(asString(node.name) ?? ''))) return 'no_output';
  if (nodes.some(isUnreadableAnswer)) return 'server';
  return KIND_BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
}

type ErrorNode = Record<string, unknown>;

/** The error and what it hangs on to, nearest first. `lastError` goes before `errors`: it is the newest of them. */
function errorNodes(error: unknown): ErrorNode[] {
  const queue: unknown[] = [error];
  const nodes: ErrorNode[] = [];
  const seen = new Set<unknown>();
  while (queue.length > 0 && nodes.length < MAX_NODES) {
    const next = queue.shift();
    if (next === undefined || next === null || seen.has(next)) continue;
    seen.add(next);
    if (typeof next !== 'object') {
      nodes.push({ message: String(next) });
      continue;
    }
    const node = next as ErrorNode;
    nodes.push(node);
    queue.push(node.cause, node.lastError, ...(Array.isArray(node.errors) ? [...node.errors].reverse() : []));
  }
  return nodes;
}

function statusOf(node: ErrorNode): number | undefined {
  const response = isRecord(node.response) ? node.response : {};
  for (const value of [node.statusCode, node.status, node.code, response.status]) {
    const status = typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : value;
    if (typeof status === 'number' && status >= 400 && status < 600) return status;
  }
  return undefined;
}

function codesOf(node: ErrorNode): string[] {
  const bodies = [node.data, node.responseBody, node].map((holder) => (isRecord(holder) ? holder.error : undefined));
  const body = bodies.find(isRecord) ?? {};
  return [node.code, body.code, body.type]
    .map(asString)
    .filter((code) => code !== undefined && !/^\d+$/.test(code)) as string[];
}

function textOf(node: ErrorNode): string {
  return `${asString(node.message) ?? ''}\n${asString(node.responseBody) ?? ''}`.slice(0, MAX_TEXT_CHARS);
}

function retryAfterOf(node: ErrorNode, nowMs: number): number | undefined {
  const response = isRecord(node.response) ? node.response : {};
  for (const headers of [node.responseHeaders, node.headers, response.headers]) {
    if (!isRecord(headers)) continue;
    const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers;
    const parsed = parseRetryAfter(plain as Record<string, string>, nowMs);
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

/**
 * An answer that came with a good status and is not what the API promises, such as the HTML of a proxy's login page: the
 * AI SDK's call error has the good status then, and `response.json()` throws a SyntaxError.
 */
function isUnreadableAnswer({ name, statusCode }: ErrorNode): boolean {
  return name === 'SyntaxError' || (name === 'AI_APICallError' && typeof statusCode === 'number' && statusCode < 300);
}

function statusInText(text: string): number | undefined {
  const match = STATUS_IN_TEXT.exec(text);
  return match ? Number(match[1]) : undefined;
}

function isNetworkCode(code: string): boolean {
  return NETWORK_CODE.test(code) || BUN_NETWORK_CODE.test(code);
}

function firstDefined<T, R>(items: T[], read: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const value = read(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
