import ipaddr from 'ipaddr.js';

/** Where a network may have servers of its own. */
const PRIVATE_RANGES = ['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'];

/** Every IPv6 address that is routed on the internet so far (RFC 4291 §2.4, IANA): `::7f00:1` and its like are not. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Services that hand credentials to any program on a machine of a cloud, at addresses that look like others: those of
 * Azure (the only public one), Alibaba and AWS. The usual one, 169.254.169.254, is link-local.
 */
const METADATA_ADDRESSES = ['168.63.129.16', '100.100.100.200', 'fd00:ec2::254'];

/**
 * Whether something that a user asks for may be fetched from an IP address: from a public one, and with `allowPrivate`
 * from private networks and this machine too. Never from link-local, multicast, reserved and translated addresses, nor
 * from a cloud's metadata service.
 * @param address what a name resolved to, or the host of an address as `URL` writes it.
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

/** Whether a URL's host is an IP address, which needs no resolving. */
export function isAddress(hostname: string): boolean {
  return ipaddr.isValid(withoutBrackets(hostname));
}

/**
 * Whether others, on other networks, could know a host by this name: no private address, no name of this machine or of
 * a local network. A name that resolves to a private address is not found out here.
 */
export function looksPublic(hostname: string): boolean {
  if (isAddress(hostname)) return mayFetchFrom(hostname, false);
  const name = hostname.replace(/\.$/, '');
  return name.includes('.') && !/\.(?:localhost|local|internal|lan|home|home\.arpa|localdomain)$/i.test(name);
}

/** `URL` writes an IPv6 host in brackets; nothing else takes it so. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
