/** Proxies to go through, as the environment of the host names them. Blank ones count as absent. */
export interface ProxySettings {
  httpProxy?: string;
  httpsProxy?: string;
  /** Hosts that are asked directly, separated by commas. */
  noProxy?: string;
}
