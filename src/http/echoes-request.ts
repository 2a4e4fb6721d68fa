import type { RequestContext } from './request-context.js';

/** Shorter texts are in most requests by chance. */
const MIN_CHARS = 6;
const MAX_SENT_CHARS = 1_000_000;

/**
 * Whether a text that the server chose, such as the id of a request or the host of a redirect, holds the key or words of
 * the request. Then it must not be shown. Capitals and punctuation make no difference.
 */
export function echoesRequest(text: string, { endpoint, sent = '' }: RequestContext): boolean {
  const words = plain(text);
  const key = plain(endpoint.apiKey ?? '');
  if (key !== '' && words.includes(key)) return true;
  if (words.length < MIN_CHARS) return false;
  const body = typeof sent === 'string' ? sent : Buffer.from(sent.subarray(0, MAX_SENT_CHARS)).toString();
  return key.includes(words) || plain(body.slice(0, MAX_SENT_CHARS)).includes(words);
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
