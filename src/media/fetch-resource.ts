import { lookup as systemLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../core/clock.js';
import { isElizaNetError, ResourceError } from '../core/errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { abortable } from '../http/abortable.js';
import { TimeoutController } from '../http/timeout.js';
import { isAddress, mayFetchFrom } from './address-policy.js';
import { readDecoded } from './read-decoded.js';

/** Resolves a name to all its addresses. */
export type Lookup = (hostname: string) => Promise<string[]>;

export interface FetchResourceOptions {
  clock: Clock;
  /** For everything: resolving, connecting, redirects, the body. */
  timeoutMs: number;
  /** Of the body, decompressed. */
  limitBytes: number;
  /** Lets it be fetched from private networks and this machine too. */
  allowPrivate: boolean;
  /** @default 5 */
  maxRedirects?: number;
  signal?: AbortSignal;
  /** @default the system's resolver */
  lookup?: Lookup;
}

export interface Resource {
  /** At least one. */
  bytes: Buffer;
  /** As the server names it, in lower case and without parameters; '' when it does not. */
  contentType: string;
}

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/**
 * Fetches what a user has given the address of. The one place where that is done.
 *
 * A name is resolved once, its addresses are checked, and the connection is made to a checked address, not to the name:
 * there is no second resolving that could come out differently (DNS rebinding), on any runtime. Redirects are followed
 * by hand, each under the same rules. No key, cookie or other credential goes along.
 * @throws {ResourceError} for an address that must not be fetched from, before anything is sent there.
 * @throws {ResourceError} when there is nothing to be had: an error status, no connection, too large, too slow.
 * @throws the caller's abort reason when its signal fires.
 */
export async function fetchResource(address: string, options: FetchResourceOptions): Promise<Resource> {
  const { clock, timeoutMs, limitBytes, maxRedirects = 5, signal } = options;
  let url = parseAddress(address);
  const timeout = new TimeoutController(timeoutMs, clock, signal);
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await get(url, options, timeout.signal);
      const { statusCode = 0, headers } = response;
      if (REDIRECT_STATUSES.includes(statusCode) && headers.location) {
        response.destroy();
        if (redirects >= maxRedirects) throw new ResourceError('RESOURCE_FETCH', `${url.host} redirects too often`);
        url = parseAddress(headers.location, url);
        continue;
      }
      if (statusCode < 200 || statusCode > 299) {
        response.destroy();
        throw new ResourceError('RESOURCE_FETCH', `${url.host} answered ${statusCode}`);
      }
      const bytes = await readDecoded(response, limitBytes, url.host);
      if (bytes.length === 0) throw new ResourceError('RESOURCE_FETCH', `${url.host} answered with nothing`);
      return { bytes, contentType: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '' };
    }
  } catch (error) {
    if (isElizaNetError(error)) throw error;
    if (timeout.timedOut)
      throw new ResourceError('RESOURCE_FETCH', `${url.host} did not deliver within ${timeoutMs} ms`);
    if (timeout.abortReason !== undefined) throw timeout.abortReason;
    const code = (error as { code?: unknown } | null)?.code;
    const reason = typeof code === 'string' ? code : 'connection lost';
    throw new ResourceError('RESOURCE_FETCH', `${url.host} could not be fetched from (${reason})`, { cause: error });
  } finally {
    timeout.clear();
  }
}

/** @throws {ResourceError} */
function parseAddress(address: string, base?: URL): URL {
  if (!URL.canParse(address, base?.href))
    throw new ResourceError('RESOURCE_REFUSED', 'an address that is no URL is not fetched');
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ResourceError('RESOURCE_REFUSED', `only http and https addresses are fetched, not ${url.protocol}`);
  }
  if (url.username || url.password) {
    throw new ResourceError('RESOURCE_REFUSED', `an address with a user name or password is not fetched (${url.host})`);
  }
  return url;
}

/** @throws {ResourceError} when one of the host's addresses must not be fetched from. */
async function checkedAddresses(url: URL, { allowPrivate, lookup = resolve }: FetchResourceOptions): Promise<string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isAddress(host) ? [host] : await lookup(host);
  // One bad address among good ones is no accident either.
  if (!addresses.every((address) => mayFetchFrom(address, allowPrivate))) {
    const hint = allowPrivate ? '' : '; ELIZANET_ALLOW_PRIVATE_URLS=true allows private networks';
    throw new ResourceError(
      'RESOURCE_REFUSED',
      `${url.host} is not on the public internet and is not fetched from${hint}`,
    );
  }
  // IPv4 first: where there is no IPv6, connecting there may hang.
  return [...addresses].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

async function resolve(hostname: string): Promise<string[]> {
  return (await systemLookup(hostname, { all: true })).map(({ address }) => address);
}

async function get(url: URL, options: FetchResourceOptions, signal: AbortSignal): Promise<http.IncomingMessage> {
  // The system's resolver cannot be cancelled.
  const addresses = await abortable(checkedAddresses(url, options), signal);
  let failure: unknown = new Error('the name has no address');
  for (const address of addresses) {
    try {
      return await getFrom(address, url, signal);
    } catch (error) {
      failure = error;
      if (signal.aborted) break;
    }
  }
  throw failure;
}

/** Connects to the address itself. The name is only told: in the Host header, and to check the certificate against. */
function getFrom(address: string, url: URL, signal: AbortSignal): Promise<http.IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isTls ? https : http).request({
      host: address,
      port: url.port || (isTls ? 443 : 80),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: '*/*', 'accept-encoding': 'identity', 'user-agent': PROVIDER_NAME },
      ...(isTls && !isAddress(host) ? { servername: host } : {}),
      // A connection of its own: one from a pool would have been made to the name.
      agent: false,
      signal,
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}
