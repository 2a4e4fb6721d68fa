import { lookup as systemLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { ResourceError } from '../core/errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { abortable } from '../http/abortable.js';
import { isAddress, mayFetchFrom, withoutBrackets } from './address-policy.js';

/** Resolves a name to all its addresses. */
export type Lookup = (hostname: string) => Promise<string[]>;

export interface CheckedGetOptions {
  /** Allows addresses of private networks and of this machine. */
  allowPrivate: boolean;
  /** @default the system's resolver */
  lookup?: Lookup;
}

/**
 * Sends a GET to a URL whose every address the policy allows. No key, cookie or other credential goes along.
 *
 * The name is resolved once and the connection is made to a checked address, not to the name. So a second look-up cannot
 * come out differently (DNS rebinding), on any runtime.
 * @returns the response, body unread; redirects are not followed.
 * @throws {ResourceError} before anything is sent, when one of the addresses is not allowed.
 * @throws what the resolver or the connection throws, or the signal's reason.
 */
export async function checkedGet(
  url: URL,
  options: CheckedGetOptions,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  // The system's resolver cannot be cancelled.
  const addresses = await abortable(checkedAddresses(url, options), signal);
  let failure: unknown = new Error('the name has no address');
  for (const address of addresses) {
    try {
      return await abortable(getFrom(address, url, signal), signal);
    } catch (error) {
      failure = error;
      if (signal.aborted) break;
    }
  }
  throw failure;
}

async function checkedAddresses(url: URL, { allowPrivate, lookup = resolveAll }: CheckedGetOptions): Promise<string[]> {
  const host = withoutBrackets(url.hostname);
  const addresses = isAddress(host) ? [host] : await lookup(host);
  // One forbidden address among allowed ones is a sign of an attack, too.
  if (!addresses.every((address) => mayFetchFrom(address, allowPrivate))) {
    const hint = allowPrivate ? '' : '; ELIZANET_ALLOW_PRIVATE_URLS=true allows private networks';
    throw new ResourceError(
      'RESOURCE_REFUSED',
      `${url.host} is not on the public internet and is not fetched from${hint}`,
    );
  }
  // IPv4 first: on a machine without IPv6, connecting there may hang.
  return [...addresses].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

/** The system's resolver. */
export async function resolveAll(hostname: string): Promise<string[]> {
  return (await systemLookup(hostname, { all: true })).map(({ address }) => address);
}

/** Connects to the address itself. The name goes only into the Host header and the check of the certificate. */
function getFrom(address: string, url: URL, signal: AbortSignal): Promise<http.IncomingMessage> {
  const host = withoutBrackets(url.hostname);
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isTls ? https : http).request({
      host: address,
      port: url.port || (isTls ? 443 : 80),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: '*/*', 'accept-encoding': 'identity', 'user-agent': PROVIDER_NAME },
      ...(isTls && !isAddress(host) ? { servername: host } : {}),
      // No pool: a pooled connection would have been made to the name.
      agent: false,
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    // Node closes the socket of a 101 (Switching Protocols) without an error. After a response this changes nothing.
    request.on('close', () => reject(new Error('closed without a response')));
    request.end();
  });
}
