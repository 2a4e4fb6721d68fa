import { describe, expect, it } from 'vitest';
import { parseRateLimitReset, parseRetryAfter, parseRetryAfterText } from '../../src/core/retry-after.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': ['7', '8'] }, 7_000],
    [{ 'retry-after': 30 }, 30_000],
    [{ 'retry-after': [30] }, 30_000],
    [{ 'Retry-After': '30' }, 30_000],
    [{ 'retry-after': '30s' }, 30_000],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
    [{ 'x-ms-retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
  ])('%o is %i ms', (headers, ms) => {
    expect(parseRetryAfter(headers, NOW)).toBe(ms);
  });

  it.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': 'soon' },
    { 'retry-after': '-1' },
    { 'retry-after': '0' },
    { 'retry-after': '99999999' },
    { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' },
  ])('%o says nothing', (headers) => {
    expect(parseRetryAfter(headers, NOW)).toBeUndefined();
  });
});

describe('a wait in words', () => {
  it.each([
    ['Try again in 5 seconds. Passed model=x', 5_000],
    ['Please try again in 20s.', 20_000],
    ['Please try again in 340ms.', 340],
    ['Please try again in 1m30.5s.', 90_500],
    ['Please try again in 6m0s', 360_000],
    ['Please try again in 2h', 7_200_000],
    ['try again in 3 minutes', 180_000],
    ['Please retry in 36.97s.', 36_970],
    ['Please retry after 20 seconds.', 20_000],
    ['Rate limit is exceeded. Try again in 30 seconds.', 30_000],
    ['try again in 1 hour', 3_600_000],
    ['Please try again in 1 hour and 30 minutes', 5_400_000],
    ['Retrying in 20.387 second(s)', 20_387],
    ['Please wait 45 seconds before the next request', 45_000],
    ['Please retry your request in 2 min', 120_000],
    ['Your quota will reset after 18h31m10s.', 66_670_000],
    ['Retry-After: 20', 20_000],
    ['It says try again later. Please try again in 5s', 5_000],
  ])('"%s" is %i ms', (text, ms) => {
    expect(parseRetryAfterText(text)).toBe(ms);
  });

  it.each([
    'Please try again later.',
    'try again in a while',
    'Please retry after 86401 seconds',
    'Try again in 3 days',
    'resets 9:30pm (UTC)',
    'retry in 3 steps',
    'wait 5 more turns',
    '',
  ])('"%s" says nothing', (text) => {
    expect(parseRetryAfterText(text)).toBeUndefined();
  });
});

describe('the reset of a limit that is used up', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [
      { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:20Z' },
      20_000,
    ],
    [
      { 'anthropic-ratelimit-tokens-remaining': '7', 'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:20Z' },
      undefined,
    ],
    [{ 'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:20Z' }, undefined],
    [
      { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-02-01T00:00:00Z' },
      undefined,
    ],
    [{ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(NOW + 40_000) }, 40_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 40) }, 40_000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '40' }, 40_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66s' }, 7_660],
    [{ 'x-ratelimit-remaining-tokens-minute': '0', 'x-ratelimit-reset-tokens-minute': '12.5' }, 12_500],
  ])('%o is %s', (headers, ms) => {
    expect(parseRateLimitReset(headers, NOW)).toBe(ms);
  });
});

describe('x-ratelimit-reset', () => {
  it('counts for limits that are used up only', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-tokens': '5000',
      'x-ratelimit-reset-tokens': '12h',
    };
    expect(parseRateLimitReset(headers)).toBe(360_000);
    expect(parseRateLimitReset({ ...headers, 'x-ratelimit-remaining-requests': '3' })).toBeUndefined();
  });
});
