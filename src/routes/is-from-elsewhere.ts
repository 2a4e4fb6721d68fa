import type { RouteRequest } from '@elizaos/core';

/**
 * True when a page of another origin makes the request, or shows the response. A server may allow every origin to read
 * its responses. A link from elsewhere that opens the page as a document of its own is no such request, and neither is
 * one of a program, which sends none of these headers.
 */
export function isFromElsewhere({ headers = {} }: RouteRequest): boolean {
  const site = headers['sec-fetch-site'];
  const opensDocument = headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensDocument) return true;
  const { origin, host } = headers;
  return typeof origin === 'string' && hostOf(origin) !== host;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
