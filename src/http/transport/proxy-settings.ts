/** The proxies that the host's environment names. A blank one counts as absent. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  /** Hosts that are reached without a proxy, separated by commas or spaces. */
  noProxy?: string;
}

/**
 * The proxy for requests to an origin; undefined when they are sent directly. Without an https proxy, the http proxy also
 * serves https addresses on Node, as in undici. Bun's fetch, which chooses the proxy itself, then uses none.
 */
export function proxyFor(origin: string, { httpProxy, httpsProxy, noProxy = '' }: ProxySettings): URL | undefined {
  const { protocol, hostname, port } = new URL(origin);
  const forHttps = httpsProxy || (process.versions.bun ? undefined : httpProxy);
  const proxy = protocol === 'https:' ? forHttps : httpProxy;
  if (!proxy) return undefined;
  const usedPort = port || (protocol === 'https:' ? '443' : '80');
  const isExempt = noProxy.split(/[,\s]+/).some((entry) => matches(entry.toLowerCase(), hostname, usedPort));
  return isExempt ? undefined : new URL(proxy);
}

/** `host`, `.domain`, `*.domain` and `*`, each with or without a port, as undici reads NO_PROXY. */
function matches(entry: string, hostname: string, port: string): boolean {
  const [, host = '', onlyPort] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  if (host === '' || (onlyPort !== undefined && onlyPort !== port)) return false;
  return /^[.*]/.test(host) ? hostname.endsWith(host.replace(/^\*/, '')) : hostname === host;
}
