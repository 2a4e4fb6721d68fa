/** Longest wait that is believed, in milliseconds: a day. Anything beyond is a mistake of the sender. */
const MAX_BELIEVED_MS = 24 * 60 * 60 * 1000;

type Headers = Record<string, string | string[] | null | undefined>;

/**
 * Reads how long a provider asks to be left alone, in milliseconds.
 *
 * `retry-after-ms` first (OpenAI), then `retry-after` in seconds or as an HTTP date (RFC 9110 §10.2.3). Header names are
 * expected in lower case.
 * @returns undefined when nothing usable is there.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const ms = Number(single(headers['retry-after-ms']) || Number.NaN);
  if (Number.isFinite(ms)) return believable(ms);
  const value = single(headers['retry-after'])?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return believable(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : believable(date - nowMs);
}

/**
 * Reads OpenAI's `x-ratelimit-reset-requests` and `-tokens` ("1s", "6m0s", "20ms") of those limits that are used up.
 * @returns the longest of them, in milliseconds.
 */
export function parseRateLimitReset(headers: Headers): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((limit) => single(headers[`x-ratelimit-remaining-${limit}`])?.trim() === '0')
    .map((limit) => parseRetryAfterText(`try again in ${single(headers[`x-ratelimit-reset-${limit}`]) ?? ''}`))
    .filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

/**
 * Reads a wait stated in words: LiteLLM's "Try again in 5 seconds" (its cooldown sends no header) and OpenAI's
 * "Please try again in 1m30.5s" or "in 340ms".
 */
export function parseRetryAfterText(text: string): number | undefined {
  const match = /try again in (?:(\d+)h)?\s?(?:(\d+)m(?!s))?\s?(?:(\d+(?:\.\d+)?)\s?(ms|s\b|seconds?|minutes?))?/i.exec(
    text,
  );
  if (!match || !(match[1] || match[2] || match[3])) return undefined;
  const [, hours = '0', minutes = '0', amount = '0', unit = 's'] = match;
  const perUnit = unit === 'ms' ? 1 : unit.startsWith('minute') ? 60_000 : 1000;
  return believable(Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(amount) * perUnit);
}

function believable(ms: number): number | undefined {
  return ms > 0 && ms <= MAX_BELIEVED_MS ? Math.ceil(ms) : undefined;
}

function single(value: string | string[] | null | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : (value ?? undefined);
}
