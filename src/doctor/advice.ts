import { isElizaNetError } from '../core/errors.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { Config } from '../environment.js';

/** Advice for a failed connection, by the error code of Node, undici or Bun. */
const BY_CODE: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
    'The host name cannot be resolved: check ELIZANET_BASE_URL for a typing error, and the network of this machine',
  ],
  [
    /^(?:ECONNREFUSED|ConnectionRefused)$/,
    'Nothing listens on that port: start the server (LiteLLM listens on port 4000 by default), or correct the port in ELIZANET_BASE_URL',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/,
    'Its certificate is not trusted: install a valid one, or add its CA with NODE_EXTRA_CA_CERTS',
  ],
  [
    /SSL|EPROTO|WRONG_VERSION/,
    'That port does not speak TLS: use http:// instead of https:// in ELIZANET_BASE_URL, or correct the port',
  ],
  [
    /^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN|FailedToOpenSocket)$/,
    'The host is unreachable: check the network, VPN and firewall',
  ],
  [
    /^(?:ECONNRESET|UND_ERR_SOCKET|EPIPE|ConnectionClosed|ConnectionReset)$/,
    'The server closed the connection: check that it speaks plain HTTP on that port, and check its log or that of the proxy in front of it',
  ],
];

const BY_KIND: Partial<Record<FailureKind, string>> = {
  auth: 'Set ELIZANET_API_KEY to a key that this endpoint accepts, also for this model',
  model_not_found: 'Set the ELIZANET_…_MODEL setting to a model that the endpoint serves',
  quota:
    'Its account is out of credit, or the budget of your key is used up: top it up or raise it, or use a model of another provider',
  rate_limit: 'It is rate limited: wait, or raise the limit of the key or the model',
  timeout: 'It does not answer in time: raise ELIZANET_TIMEOUT, or find out what it waits for',
  server: 'The server failed: search its log for the request id',
};

const NO_API = 'That is not an OpenAI-compatible API: set ELIZANET_BASE_URL to its address without a path, or with /v1';

/** The error in one line, without the key. */
export function describeFailure(error: unknown): string {
  if (!isElizaNetError(error)) return error instanceof Error ? error.message : 'unknown';
  const { message, requestId, statusCode } = error;
  // Without a response the request is in no upstream log.
  return `${message}${wordsOf(error)}${requestId && statusCode ? ` [request ${requestId}]` : ''}`;
}

/** What to do about the error; undefined when there is no specific advice. */
export function adviceFor(
  error: unknown,
  { ELIZANET_BASE_URL }: Pick<Config, 'ELIZANET_BASE_URL'>,
): string | undefined {
  if (!isElizaNetError(error)) return undefined;
  const code = codeOf(error.cause);
  const byCode = code && BY_CODE.find(([pattern]) => pattern.test(code));
  if (byCode) return byCode[1];
  if (error.statusCode === 404 && error.kind === 'request') return NO_API;
  if (error.code === 'INVALID_RESPONSE') return NO_API;
  if (error.code === 'REDIRECT_REFUSED')
    return `Set ELIZANET_BASE_URL to the address that ${ELIZANET_BASE_URL} redirects to`;
  return BY_KIND[error.kind];
}

/**
 * The upstream's error message. It can only quote the doctor's own prompt; an `auth` message may quote the key and is
 * left out.
 */
function wordsOf(error: { kind: FailureKind }): string {
  const words = (error as { upstreamMessage?: unknown }).upstreamMessage;
  if (error.kind === 'auth' || typeof words !== 'string' || words === '') return '';
  return `: ${JSON.stringify(words.slice(0, 200))}`;
}

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
