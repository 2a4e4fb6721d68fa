import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import { ResourceError } from '../core/errors.js';
import { isRedirect } from '../http/redirect.js';
import { TimeoutController } from '../http/timeout.js';
import { type CheckedGetOptions, checkedGet } from './checked-get.js';
import { readResource } from './read-resource.js';

export interface FetchResourceOptions extends CheckedGetOptions {
  clock: Clock;
  /** For everything: resolving, connecting, redirects and the body, in milliseconds. */
  timeoutMs: number;
  /** Of the body, decompressed. */
  limitBytes: number;
  /** @default 5 */
  maxRedirects?: number;
  signal?: AbortSignal;
}

export interface Resource {
  /** At least one byte. */
  bytes: Buffer;
  /** In lower case, without parameters; '' when the server names none. */
  contentType: string;
}

/**
 * Fetches what an address given by a user points to; the only place where that is done. Redirects are followed by hand,
 * each under the same rules.
 * @throws {ResourceError} for an address that must not be fetched from, before anything is sent there.
 * @throws {ResourceError} for an error status, a failed connection, a body that is empty or too large, and a timeout.
 * @throws the caller's abort reason when its signal fires.
 */
export async function fetchResource(address: string, options: FetchResourceOptions): Promise<Resource> {
  const { clock, timeoutMs, limitBytes, maxRedirects = 5, signal } = options;
  let url = parseAddress(address);
  const timeout = new TimeoutController(timeoutMs, clock, signal);
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await checkedGet(url, options, timeout.signal);
      const { statusCode = 0, headers } = response;
      if (!isRedirect(statusCode) || !headers.location) return await readAnswer(response, limitBytes, url.host);
      response.destroy();
      if (redirects >= maxRedirects) throw new ResourceError('RESOURCE_FETCH', `${url.host} redirects too often`);
      url = parseAddress(headers.location, url);
    }
  } catch (error) {
    throw fetchError(error, timeout, url.host);
  } finally {
    timeout.clear();
  }
}

async function readAnswer(response: IncomingMessage, limitBytes: number, host: string): Promise<Resource> {
  const { statusCode = 0, headers } = response;
  if (statusCode < 200 || statusCode > 299) {
    response.destroy();
    throw new ResourceError('RESOURCE_FETCH', `${host} answered ${statusCode}`);
  }
  const bytes = await readResource(response, limitBytes, host);
  if (bytes.length === 0) throw new ResourceError('RESOURCE_FETCH', `${host} answered with nothing`);
  return { bytes, contentType: headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '' };
}

function fetchError(error: unknown, timeout: TimeoutController, host: string): unknown {
  if (isElizaNetError(error)) return error;
  if (timeout.timedOut) {
    return new ResourceError('RESOURCE_FETCH', `${host} did not deliver within ${timeout.timeoutMs} ms`);
  }
  if (timeout.abortReason !== undefined) return timeout.abortReason;
  const code = (error as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' ? code : 'connection lost';
  return new ResourceError('RESOURCE_FETCH', `${host} could not be fetched from (${reason})`, { cause: error });
}

/** @throws {ResourceError} */
function parseAddress(address: string, base?: URL): URL {
  if (!URL.canParse(address, base?.href)) {
    throw new ResourceError('RESOURCE_REFUSED', 'an address that is no URL is not fetched');
  }
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ResourceError('RESOURCE_REFUSED', `only http and https addresses are fetched, not ${url.protocol}`);
  }
  if (url.username || url.password) {
    throw new ResourceError('RESOURCE_REFUSED', `an address with a user name or password is not fetched (${url.host})`);
  }
  return url;
}
