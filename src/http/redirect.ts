const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** Whether a redirect is followed. `refuse` is what messages may show of its address. */
export type RedirectVerdict = { follow: URL } | { refuse: string };

export function isRedirect(statusCode: number): boolean {
  return REDIRECT_STATUSES.includes(statusCode);
}

/** Allows only the upgrade from http to https on the same host. Neither the key nor anything else goes to another origin. */
export function judgeRedirect(from: URL, location: string | null): RedirectVerdict {
  if (location === null || !URL.canParse(location, from.href)) return { refuse: 'an address that cannot be read' };
  const to = new URL(location, from);
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname;
  // A default port reads as '', so 80 to 443 passes. A named port must stay the same.
  return isUpgrade && to.port === from.port ? { follow: to } : { refuse: shown(to) };
}

const SHOWN_CHARS = 100;

/** The host is the server's choice, so it is shortened. `data:` and the like have no origin. */
function shown({ origin, protocol }: URL): string {
  return origin === 'null' ? `a ${protocol.slice(0, SHOWN_CHARS)} address` : origin.slice(0, SHOWN_CHARS);
}
