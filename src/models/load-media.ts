import * as core from '@elizaos/core';
import { InvalidInputError, ResourceError } from '../core/errors.js';
import { parseDataUrl } from '../media/data-url.js';
import { fetchResource, type Resource } from '../media/fetch-resource.js';
import type { ModelContext } from './context.js';

export interface LoadInput {
  /** What the caller knows the address by, for error messages: `imageUrl`. */
  name: string;
  limitBytes: number;
  signal?: AbortSignal;
}

/**
 * Gets what an address of a caller points to: a data URL, an http or https address, or the path of a file that the
 * host's own server publishes (`/media/…`). Nothing else of this machine is read.
 * @throws {InvalidInputError} for an address of none of these kinds, and for more than `limitBytes`.
 * @throws {ResourceError} and {ResourceError} as `fetchResource` does.
 */
export async function loadMedia(context: ModelContext, address: string, input: LoadInput): Promise<Resource> {
  const { limitBytes, signal } = input;
  if (address.startsWith('data:')) return decodeDataUrl(address, input);
  const { config, clock, lookup } = context;
  const local = address.startsWith('/') ? hostedUrl(address, input.name) : undefined;
  if (!local && !isWebAddress(address)) throw new InvalidInputError(`${input.name} must be ${ACCEPTED}`);
  return fetchResource(local ?? address, {
    clock,
    timeoutMs: config.ELIZANET_TIMEOUT,
    limitBytes,
    // The host's own server is on this machine; it does not send us on.
    allowPrivate: local !== undefined || config.ELIZANET_ALLOW_PRIVATE_URLS,
    maxRedirects: local ? 0 : undefined,
    signal,
    lookup,
  });
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
 * Where the host serves one of its files. Only what it publishes without a login under `/media/`; its API is on the
 * same port.
 * @throws {ResourceError} for any other path, also one that only begins like that.
 */
function hostedUrl(path: string, name: string): string {
  // Read through the namespace: a core without it must not keep the plugin from loading.
  const localServerUrl = (core as { getLocalServerUrl?: (path: string) => string }).getLocalServerUrl;
  const base = localServerUrl?.('/');
  // Resolves `..`, and `//host/`, which would be another server. Encoded slashes may mean one thing here and another there.
  const url = base && URL.canParse(path, base) ? new URL(path, base) : undefined;
  const isHosted = url && base && url.origin === new URL(base).origin && url.pathname.startsWith('/media/');
  if (!isHosted || /%2f|%5c|%00/i.test(url.pathname)) {
    throw new ResourceError(
      'RESOURCE_REFUSED',
      `${name}: of this machine only what the host publishes under /media/ is read`,
    );
  }
  return url.href;
}
