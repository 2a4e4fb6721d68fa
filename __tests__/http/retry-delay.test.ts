import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../lab/client.js';
import { classifyResponse } from '../../src/core/classify-failure.js';
import { InvalidResponseError, ProviderTimeoutError, UpstreamConnectionError } from '../../src/core/errors.js';
import { retryDelayMs } from '../../src/http/retry-delay.js';
import { statusError } from '../../src/http/status-error.js';

const context = { endpoint: createEndpoint('http://elizanet.test'), requestId: 'id', model: 'gpt-4o' };
const withStatus = (status: number, body = '', retryAfterMs?: number) =>
  statusError(
    status,
    body,
    context,
    classifyResponse({ status, body, headers: { 'retry-after-ms': retryAfterMs } }, 0),
  );
const delayOf = (error: unknown, random = 0) => retryDelayMs(error, () => random);

describe('a failure that may be gone in a moment', () => {
  it.each([502, 503, 504])('is status %i: tried again within half a second, spread over all of it', (status) => {
    expect([0, 0.5, 0.999].map((random) => delayOf(withStatus(status), random))).toEqual([0, 250, 499.5]);
  });

  it('is a connection that was lost before the answer', () => {
    expect(delayOf(new UpstreamConnectionError('lost', {}, 'response'), 0.5)).toBe(250);
  });

  it.each([
    [429, 1_000],
    [503, 2_000],
    [502, 500],
  ])('is status %i with a wait of %i ms: that long, and then spread', (status, retryAfterMs) => {
    expect(delayOf(withStatus(status, '', retryAfterMs), 0.5)).toBe(retryAfterMs + 250);
  });

  it('is a rate limit in the words of an empty account, when it states a short wait', () => {
    expect(delayOf(withStatus(429, 'You exceeded your current quota. Please retry in 0.9s.'))).toBe(900);
  });

  it('is a rate limit that says so in words', () => {
    expect(delayOf(withStatus(429, 'No deployments available for selected model, Try again in 1 seconds.'))).toBe(
      1_000,
    );
  });
});

describe('a failure that is not tried again', () => {
  it.each([400, 401, 403, 404, 408, 422, 500, 529])('is status %i', (status) => {
    expect(delayOf(withStatus(status))).toBeUndefined();
  });

  it('is a rate limit that does not say for how long', () => {
    expect(delayOf(withStatus(429))).toBeUndefined();
  });

  it.each([429, 503])('is status %i with a long wait', (status) => {
    expect(delayOf(withStatus(status, '', 2_001))).toBeUndefined();
  });

  it('is an exhausted quota, however short the wait it states', () => {
    expect(delayOf(withStatus(402, 'Insufficient credits', 1_000))).toBeUndefined();
    expect(delayOf(withStatus(429, '{"error":{"code":"insufficient_quota"}}', 1_000))).toBeUndefined();
  });

  it.each(['connect', 'body', 'queue'] as const)('is a connection that failed in the phase %s', (phase) => {
    expect(delayOf(new UpstreamConnectionError('lost', {}, phase))).toBeUndefined();
  });

  it('is a timeout, or an answer that makes no sense', () => {
    expect(delayOf(new ProviderTimeoutError('UPSTREAM_TIMEOUT', 'late', 10))).toBeUndefined();
    expect(delayOf(new InvalidResponseError('nonsense'))).toBeUndefined();
    expect(delayOf(new Error('anything else'))).toBeUndefined();
  });
});
