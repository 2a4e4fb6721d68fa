import { isElizaNetError } from '../core/elizanet-error.js';
import type { FailureKind } from '../core/failure-rules.js';
import { proxyAdvice } from './proxy-advice.js';
import { codeOf, upstreamWords } from './upstream-words.js';

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

/** Advice by the kind of failure. @param setting the setting whose model was asked, if one was. */
function byKind(kind: FailureKind, setting: string | undefined): string | undefined {
  switch (kind) {
    case 'auth':
      return `Set ELIZANET_API_KEY to a key that this endpoint accepts${setting ? ', also for this model' : ''}`;
    case 'model_not_found':
      return `Set ${setting ?? 'the setting of the model'} to a model that the endpoint serves`;
    case 'quota':
      return 'Its account is out of credit, or the budget of your key is used up: top it up or raise it, or use a model of another provider';
    case 'rate_limit':
      return 'It is rate limited: wait, or raise the limit of the key or the model';
    case 'timeout':
      return 'It does not answer in time: raise ELIZANET_TIMEOUT, or find out what it waits for';
    case 'server':
      return 'The server failed: search its log for the request id';
    default:
      return undefined;
  }
}

const NO_API = 'That is not an OpenAI-compatible API: set ELIZANET_BASE_URL to its address without a path, or with /v1';
const COOLING_DOWN =
  'LiteLLM skips a model for some seconds after its provider failed: see the failure before this one, or its log';

export interface AdviceContext {
  /** The address of the endpoint. */
  baseUrl: string;
  /** The proxy that the request went through. */
  proxy?: URL;
  /** The setting whose model was asked. */
  setting?: string;
}

/** What to do about the error; undefined when there is no specific advice. */
export function adviceFor(error: unknown, { baseUrl, proxy, setting }: AdviceContext): string | undefined {
  if (!isElizaNetError(error)) return undefined;
  const ofProxy = proxy && proxyAdvice(error, proxy, new URL(baseUrl));
  if (ofProxy) return ofProxy;
  const ofProvider = providerKeyAdvice(error);
  if (ofProvider) return ofProvider;
  const code = codeOf(error);
  const byCode = code && BY_CODE.find(([pattern]) => pattern.test(code));
  if (byCode) return byCode[1];
  if (error.statusCode === 404 && error.kind === 'request') return NO_API;
  if (error.code === 'INVALID_RESPONSE') return NO_API;
  if (error.code === 'REDIRECT_REFUSED') return `Set ELIZANET_BASE_URL to the address that ${baseUrl} redirects to`;
  if (/^(?:\d+ )?No deployments available/.test(upstreamWords(error))) return COOLING_DOWN;
  return byKind(error.kind, setting);
}

/**
 * Advice when the endpoint accepted the request and its own provider refused it for a missing or wrong key. LiteLLM begins
 * such messages with the class of its error; its own refusals have no `litellm.`.
 */
export function providerKeyAdvice(error: unknown): string | undefined {
  const words = upstreamWords(error);
  if (!/\blitellm\.(?:AuthenticationError|PermissionDeniedError)\b|\bapi_key client option must be set/i.test(words))
    return undefined;
  const [variable] = /\b[A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*KEY\b/.exec(words) ?? ['its api_key'];
  return `The provider behind the endpoint has no key, or refuses it: set ${variable} where the endpoint runs. ELIZANET_API_KEY is accepted`;
}
