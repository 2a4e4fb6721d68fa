/** The proxies that the host's environment names. A blank one counts as absent. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  /** Hosts that are reached without a proxy, separated by commas. */
  noProxy?: string;
}
