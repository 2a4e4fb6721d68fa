import { describe, expect, it } from 'vitest';
import { classifyFailure } from '../../src/core/classify-failure.js';
import { ElizaNetError, isElizaNetError } from '../../src/core/elizanet-error.js';
import { InvalidInputError, UpstreamStatusError } from '../../src/core/errors.js';
import {
  AllProvidersFailedError,
  type AttemptRecord,
  describeAttempts,
  NoOutputError,
} from '../../src/core/failover-errors.js';

const failed = (attempt: number, provider: string, statusCode: number): AttemptRecord => ({
  attempt,
  provider,
  modelType: 'TEXT_LARGE',
  outcome: 'failed',
  startedAfterMs: 0,
  durationMs: 12,
  failure: { kind: statusCode === 429 ? 'rate_limit' : 'server', statusCode, retryAfterMs: statusCode },
});
const OURS = new Error("ElizaNet's");
const PRIMARYS = new Error("the primary's");
const allFailed = (...order: ('primary' | 'other' | 'elizanet-fallback')[]) =>
  new AllProvidersFailedError(
    'TEXT_LARGE',
    order.map((provider) => ({ provider, error: provider === 'primary' ? PRIMARYS : OURS })),
    order.map((provider, index) => failed(index + 1, provider, provider === 'primary' ? 429 : 503)),
  );

describe('instanceof ElizaNetError', () => {
  const ofAnotherCopy = Object.defineProperty(
    new Error('of another copy'),
    Symbol.for('@elizaos/plugin-elizanet-fallback/error'),
    { value: true },
  );

  it.each<[string, unknown, boolean]>([
    ['of a call that all providers failed', allFailed('primary'), true],
    ['of input', new InvalidInputError('no'), true],
    ['of no output', new NoOutputError('openai'), true],
    ['of another loaded copy of this package', ofAnotherCopy, true],
    ['of somebody else', new Error('no'), false],
    ['that is null', null, false],
    ['that is a string', 'ElizaNetError', false],
  ])('agrees with isElizaNetError for an error %s', (_, error, expected) => {
    expect(error instanceof ElizaNetError).toBe(expected);
    expect(isElizaNetError(error)).toBe(expected);
  });

  it('leaves subclasses to their prototype', () => {
    expect(new InvalidInputError('no') instanceof InvalidInputError).toBe(true);
    expect(new InvalidInputError('no') instanceof UpstreamStatusError).toBe(false);
    expect(ofAnotherCopy instanceof InvalidInputError).toBe(false);
    expect(allFailed('primary') instanceof AllProvidersFailedError).toBe(true);
  });
});

describe('the error of a call that all providers failed', () => {
  it.each([
    ['asked first', allFailed('primary', 'elizanet-fallback')],
    ['asked last, because its circuit was open', allFailed('elizanet-fallback', 'primary')],
    ['followed by another primary', allFailed('primary', 'other', 'elizanet-fallback')],
  ])("has the primary's cause, kind, status and wait when that was %s", (_, error) => {
    expect(error).toMatchObject({ kind: 'rate_limit', statusCode: 429, retryAfterMs: 429, cause: PRIMARYS });
    expect(error.lastError).toBe(PRIMARYS);
    expect(error.code).toBe('ALL_PROVIDERS_FAILED');
  });

  it("has ElizaNet's when no primary was asked", () => {
    expect(allFailed('elizanet-fallback')).toMatchObject({ kind: 'server', statusCode: 503, cause: OURS });
  });

  it('lists all errors in their order, and hides them from loggers', () => {
    const error = allFailed('elizanet-fallback', 'primary');
    expect(error.errors).toEqual([OURS, PRIMARYS]);
    expect(Object.keys(error)).not.toContain('errors');
  });

  it('is classified as its primary was', () => {
    expect(classifyFailure(allFailed('elizanet-fallback', 'primary'), 0)).toMatchObject({
      kind: 'rate_limit',
      statusCode: 429,
      retryAfterMs: 429,
    });
  });
});

describe('the list of attempts', () => {
  const attempt = (provider: string, outcome: AttemptRecord['outcome'], durationMs: number): AttemptRecord => ({
    attempt: outcome === 'skipped' ? 0 : 1,
    provider,
    modelType: 'TEXT_LARGE',
    outcome,
    startedAfterMs: 0,
    durationMs,
  });

  it('says why a provider did not answer', () => {
    const attempts = [
      attempt('groq', 'skipped', 0),
      attempt('openai', 'abandoned', 6_100),
      attempt('elizanet-fallback', 'answered', 310),
    ];
    expect(describeAttempts(attempts)).toBe(
      'groq circuit open → openai slower than ElizaNet 6.1 s → elizanet-fallback answered 310 ms',
    );
  });

  it('says of an attempt in a call without an answer that it was given up', () => {
    expect(describeAttempts([failed(1, 'openai', 503), attempt('elizanet-fallback', 'abandoned', 62_000)])).toBe(
      'openai server 503 12 ms → elizanet-fallback given up 1 min 2 s',
    );
  });
});
