import ipaddr from 'ipaddr.js';

/** Ranges in which a private network has its own servers. */
const PRIVATE_RANGES = ['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'];

/** Every IPv6 address that IANA has assigned to the internet (RFC 4291 §2.4). `::7f00:1` is not one. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Metadata services, which give credentials to every program on a cloud machine, outside the link-local range: those of
 * Azure, Alibaba and AWS. The usual one, 169.254.169.254, is link-local.
 */
const METADATA_ADDRESSES = ['168.63.129.16', '100.100.100.200', 'fd00:ec2::254'];

/**
 * Whether a user's URL may be fetched from an IP address. Public addresses are allowed, and with `allowPrivate` private
 * networks and this machine. Link-local, multicast, reserved and translated addresses and metadata services never are.
 * @param address as a resolver gives it, or as the host of a `URL`.
 */
export function mayFetchFrom(address: string, allowPrivate: boolean): boolean {
  const host = withoutBrackets(address);
  if (!ipaddr.isValid(host)) return false;
  const parsed = ipaddr.parse(host);
  if (METADATA_ADDRESSES.some((metadata) => ipaddr.parse(metadata).toString() === parsed.toString())) return false;
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) {
    return allowPrivate && mayFetchFrom(parsed.toIPv4Address().toString(), true);
  }
  const range = parsed.range();
  if (PRIVATE_RANGES.includes(range)) return allowPrivate;
  return range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST));
}

/** Whether the host of a URL is an IP address, which needs no look-up. */
export function isAddress(hostname: string): boolean {
  return ipaddr.isValid(withoutBrackets(hostname));
}

/**
 * Whether a host can be reached from other networks, as far as its name tells: it is no private address, and no name of
 * this machine or of a local network. Nothing is resolved, so a public name of a private address passes.
 */
export function looksPublic(hostname: string): boolean {
  if (isAddress(hostname)) return mayFetchFrom(hostname, false);
  const name = hostname.replace(/\.$/, '');
  return name.includes('.') && !/\.(?:localhost|local|internal|lan|home|home\.arpa|localdomain)$/i.test(name);
}

/** `URL` puts an IPv6 host in brackets, which resolvers and sockets do not take. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
