import * as core from '@elizaos/core';
import { InvalidInputError, ResourceError } from '../core/errors.js';
import { parseDataUrl } from '../media/data-url.js';
import { fetchResource, type Resource } from '../media/fetch-resource.js';
import type { ModelContext } from './context.js';
import { withinLimit } from './within-limit.js';

export interface LoadInput {
  /** Name of the param that holds the address, for error messages: `imageUrl`. */
  name: string;
  limitBytes: number;
  signal?: AbortSignal;
}

/**
 * Loads the content of an address that a caller gave: a data URL, an http or https address, or the path of a file that
 * the host's own server publishes (`/media/…`). No other file of this machine is read. Takes at most `ELIZANET_TIMEOUT`.
 * @throws {InvalidInputError} for an address of another kind, and for more than `limitBytes`.
 * @throws {ResourceError} for an address that must not be fetched from, and for content that cannot be fetched in time.
 * @throws the signal's reason when it fires.
 */
export async function loadMedia(context: ModelContext, address: string, input: LoadInput): Promise<Resource> {
  const { limitBytes, signal } = input;
  if (address.startsWith('data:')) return decodeDataUrl(address, input);
  const { config, clock, lookup } = context;
  const local = address.startsWith('/') ? hostedUrl(address, input.name) : undefined;
  if (!local && !isWebAddress(address)) throw new InvalidInputError(`${input.name} must be ${ACCEPTED}`);
  const limit = { clock, timeoutMs: config.ELIZANET_TIMEOUT, signal };
  const fetching = fetchResource(local ?? address, {
    ...limit,
    limitBytes,
    // The host's own server is on this machine, and has no reason to redirect.
    allowPrivate: local !== undefined || config.ELIZANET_ALLOW_PRIVATE_URLS,
    maxRedirects: local ? 0 : undefined,
    lookup,
  });
  return withinLimit(fetching, input.name, limit);
}

/** Completes "… must be …". */
const ACCEPTED = "an http or https address, a base64 data URL, or a path under the host's /media/";

export function isWebAddress(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

/** @throws {InvalidInputError} for a data URL that is not base64, and for one of more than `limitBytes`. */
function decodeDataUrl(address: string, { name, limitBytes }: LoadInput): Resource {
  const dataUrl = parseDataUrl(address);
  if (!dataUrl) throw new InvalidInputError(`${name} must be ${ACCEPTED}`);
  const { mime, base64 } = dataUrl;
  // Before it is decoded: four characters are three bytes.
  if (base64.length > (limitBytes / 3) * 4 + 4) throw new InvalidInputError(tooLarge(name, limitBytes));
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0) throw new InvalidInputError(`${name} is empty`);
  return { bytes, contentType: mime };
}

export function tooLarge(name: string, limitBytes: number): string {
  return `${name} is larger than ${limitBytes / 1024 / 1024} MiB`;
}

/**
 * The address at which the host serves one of its files. Only files that it publishes without a login under `/media/`,
 * because its API is on the same port.
 * @throws {ResourceError} for any other path, including one that leaves `/media/` by `..`.
 */
function hostedUrl(path: string, name: string): string {
  // Read through the namespace: a named import would keep the plugin from loading with a core that lacks it.
  const localServerUrl = (core as { getLocalServerUrl?: (path: string) => string }).getLocalServerUrl;
  const base = localServerUrl?.('/');
  // Resolves `..`, and `//host/`, which is another server. Servers differ in how they read encoded slashes.
  const url = base && URL.canParse(path, base) ? new URL(path, base) : undefined;
  const isHosted = url && base && url.origin === new URL(base).origin && url.pathname.startsWith('/media/');
  if (!isHosted || /%2f|%5c|%00/i.test(url.pathname)) {
    throw new ResourceError(
      'RESOURCE_REFUSED',
      `${name}: only files under the host's /media/ are read from this machine`,
    );
  }
  return url.href;
}
