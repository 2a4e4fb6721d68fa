const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** Where a redirect may lead: to the same host over https, or nowhere. */
export type RedirectVerdict = { follow: URL } | { refuse: string };

export function isRedirect(statusCode: number): boolean {
  return REDIRECT_STATUSES.includes(statusCode);
}

/** Decides about a redirect. The key never goes to another origin, nor does anything else. */
export function judgeRedirect(from: URL, location: string | null): RedirectVerdict {
  if (location === null || !URL.canParse(location, from.href)) return { refuse: 'an address that cannot be read' };
  const to = new URL(location, from);
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname;
  // Default ports on both sides show as '': the usual upgrade. A named port has to stay the same one.
  return isUpgrade && to.port === from.port ? { follow: to } : { refuse: shown(to) };
}

const SHOWN_CHARS = 100;

/** A host of another's choosing: enough of it to be recognised. `data:` and the like have no origin to show. */
function shown({ origin, protocol }: URL): string {
  return origin === 'null' ? `a ${protocol.slice(0, SHOWN_CHARS)} address` : origin.slice(0, SHOWN_CHARS);
}
