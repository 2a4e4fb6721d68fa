import type { ElizaNetError } from '../core/elizanet-error.js';
import { upstreamWords } from './upstream-words.js';

/** What a failure means when the request went through a proxy; undefined when the proxy is not the likely cause. */
export function proxyAdvice(error: ElizaNetError, proxy: URL, target: URL): string | undefined {
  const name = proxy.origin;
  const variable = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const bypass = `name ${target.hostname} in NO_PROXY if it can be reached without the proxy`;
  if (error.kind === 'network' && error.statusCode === undefined && tunnelStatus(error) === undefined) {
    return `The request went through the proxy ${name}: check ${variable} and that the proxy runs, or ${bypass}`;
  }
  // A proxy answers with a web page or without a body; an API with a message.
  const isPage = /^(?:<|$)/.test(upstreamWords(error).trimStart());
  const status = tunnelStatus(error) ?? (isPage ? error.statusCode : undefined);
  switch (error.statusCode === 407 ? 407 : status) {
    case undefined:
      return undefined;
    case 407:
      return `The proxy ${name} wants a user name and a password: put them into ${variable} as http://user:password@host:port`;
    case 403:
      return `The proxy ${name} refuses this address (403): have it allowed there, or ${bypass}`;
    default:
      return `The proxy ${name} could not reach the address (${status}): check ELIZANET_BASE_URL, or ${bypass}`;
  }
}

/** The status of a refused CONNECT, which only the message of the error states: on Node undici's, or Bun's. */
function tunnelStatus({ cause }: ElizaNetError): number | undefined {
  const message = cause instanceof Error ? cause.message : '';
  const [, status] = /^Proxy (?:response \(|refused to open a tunnel: )(\d+)/.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}
