import { isElizaNetError } from '../core/errors.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { Config } from '../environment.js';

/** What to do about a connection that fails, by the code that Node, undici or Bun gives. */
const BY_CODE: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
    'The name of the host is not known: look for a typing error in ELIZANET_BASE_URL, and whether this machine has a network',
  ],
  [
    /^(?:ECONNREFUSED|ConnectionRefused)$/,
    'Nothing listens there: start it (LiteLLM listens on port 4000 unless told otherwise), or correct the port in ELIZANET_BASE_URL',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/,
    'Its certificate is not trusted here: give it a valid one, or have Node trust yours with NODE_EXTRA_CA_CERTS',
  ],
  [
    /SSL|EPROTO|WRONG_VERSION/,
    'What listens there does not speak TLS: write http:// instead of https:// in ELIZANET_BASE_URL, or correct the port',
  ],
  [
    /^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN|FailedToOpenSocket)$/,
    'There is no way to that host from here: look at the network, a VPN, or a firewall',
  ],
  [
    /^(?:ECONNRESET|UND_ERR_SOCKET|EPIPE|ConnectionClosed|ConnectionReset)$/,
    'It hangs up: make sure that it speaks plain HTTP there, and look into its log or that of the proxy before it',
  ],
];

const BY_KIND: Partial<Record<FailureKind, string>> = {
  auth: 'Set ELIZANET_API_KEY to a key that this endpoint accepts, also for this model',
  model_not_found: 'Set the ELIZANET_…_MODEL setting to a model that it has',
  quota:
    'Its account is out of credit, or the budget of your key is used up: top it up or raise it, or take a model of another provider',
  rate_limit: 'It limits the rate of requests: wait, or raise the limit of the key or the model there',
  timeout: 'It does not answer in time: raise ELIZANET_TIMEOUT, or look at what it waits for',
  server: 'It fails itself: look into its log, under the request id',
};

const NO_API =
  'What answers there is no OpenAI-compatible API: ELIZANET_BASE_URL has to be the address without anything after the host, or with /v1';

/** What went wrong, in one line without a key. */
export function describeFailure(error: unknown): string {
  if (!isElizaNetError(error)) return error instanceof Error ? error.message : 'unknown';
  const { message, requestId, statusCode } = error;
  // Only who has answered has the request in a log.
  return `${message}${wordsOf(error)}${requestId && statusCode ? ` [request ${requestId}]` : ''}`;
}

/** What to do about it. */
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
  if (error.code === 'REDIRECT_REFUSED') return `Set ELIZANET_BASE_URL to where ${ELIZANET_BASE_URL} redirects to`;
  return BY_KIND[error.kind];
}

/** The upstream's own words say most: they can only speak of the question that the doctor asks. Of a key they may. */
function wordsOf(error: { kind: FailureKind }): string {
  const words = (error as { upstreamMessage?: unknown }).upstreamMessage;
  if (error.kind === 'auth' || typeof words !== 'string' || words === '') return '';
  return `: ${JSON.stringify(words.slice(0, 200))}`;
}

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
