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
  ])('"%s" is %i ms', (text, ms) => {
    expect(parseRetryAfterText(text)).toBe(ms);
  });

  it.each(['Please try again later.', 'try again in a while', ''])('"%s" says nothing', (text) => {
    expect(parseRetryAfterText(text)).toBeUndefined();
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
