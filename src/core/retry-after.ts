import { parseDuration } from './classify/duration.js';
import { PATTERNS } from './classify/patterns.js';
import { type HeaderValues, readHeaders } from './classify/read-headers.js';

/** Longest wait that is believed, in milliseconds: a day. Anything beyond is a mistake of the sender. */
const MAX_BELIEVED_MS = 24 * 60 * 60 * 1000;
/** Numbers above this are milliseconds since the epoch; as seconds, it is the year 33658. */
const EPOCH_MS = 1e12;
/** Numbers above this are seconds since the epoch; as a wait, it is 31 years. */
const EPOCH_SECONDS = 1e9;
/** Phrases of one text that are tried. */
const MAX_WAITS_IN_TEXT = 5;

/**
 * Reads the wait that response headers state, in milliseconds: `retry-after-ms` (OpenAI), `x-ms-retry-after-ms`
 * (Azure), then `retry-after` in seconds or as an HTTP date (RFC 9110 §10.2.3).
 * @param headers any container of headers; see `readHeaders`.
 * @returns undefined when nothing usable is there.
 */
export function parseRetryAfter(headers: unknown, nowMs: number): number | undefined {
  const values = readHeaders(headers);
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const wait = believable(Number(values.get(name)?.trim() || Number.NaN));
    if (wait !== undefined) return wait;
  }
  const value = values.get('retry-after')?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  return believable(Number.isNaN(seconds) ? (parseDuration(value) ?? Date.parse(value) - nowMs) : seconds * 1000);
}

/**
 * Reads the reset times of the limits that are used up (`remaining` is 0): OpenAI's and Groq's
 * `x-ratelimit-reset-requests` ("6m0s"), Anthropic's `anthropic-ratelimit-tokens-reset` (RFC 3339), OpenRouter's
 * `x-ratelimit-reset` (milliseconds since the epoch), and their like.
 * @returns the longest of them, in milliseconds.
 */
export function parseRateLimitReset(headers: unknown, nowMs = Date.now()): number | undefined {
  const values = readHeaders(headers);
  const waits = [...values.keys()]
    .filter((name) => name.includes('ratelimit') && name.includes('reset') && isUsedUp(values, name))
    .map((name) => resetMs(values.get(name) ?? '', nowMs))
    .filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

/**
 * Reads a wait stated in words: LiteLLM's "Try again in 5 seconds" (its cooldown sends no header), OpenAI's "Please try
 * again in 1m30.5s", Google's "Please retry in 36.97s", Azure's "Please retry after 20 seconds".
 * @param isQuoted gets the phrase that states a wait; returns true to ignore it.
 */
export function parseRetryAfterText(
  text: string,
  isQuoted: (words: string) => boolean = () => false,
): number | undefined {
  let from = 0;
  for (let i = 0; i < MAX_WAITS_IN_TEXT; i++) {
    const rest = text.slice(from);
    const match = PATTERNS.waitInText.exec(rest);
    if (!match) return undefined;
    from += match.index + match[0].length;
    const stated = text.slice(from, from + 60);
    const waitMs = parseDuration(stated) ?? (match[1] ? bareSeconds(stated) : undefined);
    const wait = waitMs === undefined ? undefined : believable(waitMs);
    if (wait !== undefined && !isQuoted(match[0] + stated.split(' ', 2).join(' '))) return wait;
  }
  return undefined;
}

/** A wait of a JSON body: a number of `unitMs` milliseconds each, a duration, or google.protobuf.Duration's `{seconds}`. */
export function parseStatedWait(value: unknown, unitMs: number): number | undefined {
  if (typeof value === 'number') return believable(value * unitMs);
  if (typeof value !== 'string') return undefined;
  return believable(
    value.trim() === '' || Number.isNaN(Number(value)) ? (parseDuration(value) ?? 0) : Number(value) * unitMs,
  );
}

function isUsedUp(values: HeaderValues, resetName: string): boolean {
  const remaining = values.get(resetName.replace('reset', 'remaining'))?.trim();
  return !!remaining && Number(remaining) <= 0;
}

function resetMs(value: string, nowMs: number): number | undefined {
  const amount = Number(value.trim() || Number.NaN);
  if (amount > EPOCH_MS) return believable(amount - nowMs);
  if (amount > EPOCH_SECONDS) return believable(amount * 1000 - nowMs);
  if (!Number.isNaN(amount)) return believable(amount * 1000);
  return believable(parseDuration(value) ?? Date.parse(value) - nowMs);
}

/** "Retry-After: 20" inside a text has no unit. */
function bareSeconds(text: string): number | undefined {
  const match = PATTERNS.bareSeconds.exec(text);
  return match ? Number(match[1]) * 1000 : undefined;
}

function believable(ms: number): number | undefined {
  return ms > 0 && ms <= MAX_BELIEVED_MS ? Math.ceil(ms) : undefined;
}
