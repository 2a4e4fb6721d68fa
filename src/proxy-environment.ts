import type { ProxySettings } from './http/transport/proxy-settings.js';

/** Reads `http_proxy`, `https_proxy` and `no_proxy`, also in upper case: https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent */
export function readProxies(env: NodeJS.ProcessEnv, warnings: string[]): ProxySettings | undefined {
  const proxy = (name: string) => {
    const value = (env[name.toLowerCase()] ?? env[name] ?? '').trim();
    if (value === '' || isProxyUrl(value)) return value;
    warnings.push(`${name} is ignored because it is not an http or https URL with an encoded user name and password`);
    return '';
  };
  const [httpProxy, httpsProxy] = [proxy('HTTP_PROXY'), proxy('HTTPS_PROXY')];
  if (!httpProxy && !httpsProxy) return undefined;
  return { httpProxy, httpsProxy, noProxy: env.no_proxy ?? env.NO_PROXY ?? '' };
}

function isProxyUrl(value: string): boolean {
  try {
    const { protocol, username, password } = new URL(value);
    decodeURIComponent(username + password);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}

/** True for this machine: plain http to it is safe, and no proxy is used for it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
