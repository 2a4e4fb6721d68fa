import { isAddress, looksPublic, mayFetchFrom } from './address-policy.js';
import { type Lookup, resolveAll } from './checked-get.js';

/**
 * Whether an address that a user gave may be passed on for another machine to fetch: http or https, no credentials, and a
 * public host, of which every address that its name resolves to is public, too. A private one could be a server in the
 * upstream's own network. False also when the name cannot be resolved.
 * @param lookup @default the system's resolver
 */
export async function mayPassOn(address: string, lookup: Lookup = resolveAll): Promise<boolean> {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if ((protocol !== 'http:' && protocol !== 'https:') || username || password) return false;
  if (!looksPublic(hostname)) return false;
  if (isAddress(hostname)) return true;
  try {
    const addresses = await lookup(hostname);
    return addresses.length > 0 && addresses.every((resolved) => mayFetchFrom(resolved, false));
  } catch {
    return false;
  }
}
