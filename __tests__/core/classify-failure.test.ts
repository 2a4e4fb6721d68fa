import { describe, expect, it } from 'vitest';
import { classifyFailure, classifyResponse, withWire } from '../../src/core/classify-failure.js';
import { ProviderTimeoutError, UpstreamStatusError } from '../../src/core/errors.js';
import { NoOutputError } from '../../src/core/failover-errors.js';
import { breakerRule, FAILURE_RULES, type Failure, type FailureKind } from '../../src/core/failure-rules.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const kindOf = (error: unknown) => classifyFailure(error, NOW).kind;
const withFields = (fields: object, message = 'it failed') => Object.assign(new Error(message), fields);

describe('a failure that is recognised by its status', () => {
  it.each<[number, FailureKind]>([
    [429, 'rate_limit'],
    [402, 'quota'],
    [500, 'server'],
    [502, 'server'],
    [503, 'server'],
    [504, 'server'],
    [529, 'server'],
    [408, 'timeout'],
    [401, 'auth'],
    [403, 'auth'],
    [400, 'request'],
    [422, 'request'],
  ])('%i is %s, wherever the status stands', (status, kind) => {
    expect(kindOf(withFields({ statusCode: status }))).toBe(kind);
    expect(kindOf(withFields({ status }))).toBe(kind);
    expect(kindOf(withFields({ code: String(status) }))).toBe(kind);
    expect(kindOf(withFields({ response: { status } }))).toBe(kind);
    expect(kindOf(withFields({ cause: { lastError: { statusCode: status } } }))).toBe(kind);
    expect(kindOf(new AggregateError([new Error('one'), withFields({ statusCode: status })]))).toBe(kind);
    expect(kindOf(new Error(`OpenAI API error: ${status} - no`))).toBe(kind);
  });

  it.each<[number, string, FailureKind]>([
    [400, 'Your credit balance is too low to access the API', 'quota'],
    [429, 'You exceeded your current quota, please check your plan', 'quota'],
    [429, 'Session limit reached ∙ resets 9:30pm (UTC)', 'quota'],
    [400, "This model's maximum context length is 8192 tokens", 'context_length'],
    [400, 'Your request was rejected as a result of our safety system.', 'content_policy'],
    [
      400,
      'Your request was rejected by the safety system. If you believe this is an error, contact us.',
      'content_policy',
    ],
    [
      400,
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      'content_policy',
    ],
    [400, '/chat/completions: Invalid model name passed in model=x. Call /v1/models', 'model_not_found'],
    [404, 'The model `gpt-9` does not exist', 'model_not_found'],
    [404, 'Not Found', 'request'],
    [400, 'No connected db.', 'auth'],
    [400, 'rate limit must be a positive number', 'request'],
    [400, 'max_tokens 4500 exceeds 4096', 'request'],
  ])('%i "%s" is %s', (status, text, kind) => {
    expect(classifyResponse({ status, body: text }, 0).kind).toBe(kind);
    expect(kindOf(withFields({ statusCode: status }, text))).toBe(kind);
  });
});

describe('a failure that is recognised by its code or name', () => {
  it.each<[object, FailureKind]>([
    [{ code: 'ECONNREFUSED' }, 'network'],
    [{ code: 'ECONNRESET' }, 'network'],
    [{ code: 'ENOTFOUND' }, 'network'],
    [{ code: 'EAI_AGAIN' }, 'network'],
    [{ code: 'UND_ERR_SOCKET' }, 'network'],
    [{ code: 'ConnectionRefused' }, 'network'],
    [{ code: 'ETIMEDOUT' }, 'timeout'],
    [{ code: 'UND_ERR_HEADERS_TIMEOUT' }, 'timeout'],
    [{ name: 'AbortError', code: 'UND_ERR_ABORTED' }, 'timeout'],
    [{ name: 'AbortError' }, 'timeout'],
    [{ name: 'TimeoutError' }, 'timeout'],
    [{ name: 'AI_NoOutputGeneratedError' }, 'no_output'],
    [{ name: 'AI_NoObjectGeneratedError' }, 'no_output'],
    [{ name: 'AI_APICallError', statusCode: 200 }, 'server'],
    [{ name: 'AI_APICallError' }, 'unknown'],
    [{ name: 'SyntaxError' }, 'server'],
    [{ name: 'TypeError' }, 'unknown'],
    [{ code: 'SERVICE_UNAVAILABLE' }, 'server'],
    [{ code: 'insufficient_quota' }, 'quota'],
    [{ statusCode: 429, data: { error: { code: 'insufficient_quota' } } }, 'quota'],
    [{ statusCode: 400, error: { code: 'context_length_exceeded' } }, 'context_length'],
    [{ statusCode: 400, responseBody: { error: { code: 'server_error' } } }, 'server'],
    [{ statusCode: 400, responseBody: { error: { code: 'rate_limit_exceeded' } } }, 'rate_limit'],
    [{ statusCode: 403, responseBody: { error: { code: 'rateLimitExceeded' } } }, 'rate_limit'],
    [{ statusCode: 403, responseBody: { error: { code: 'server_error', type: 'server_error' } } }, 'auth'],
    [{ cause: { code: 'UND_ERR_SOCKET' } }, 'network'],
  ])('%o is %s', (fields, kind) => {
    expect(kindOf(withFields(fields))).toBe(kind);
  });
});

describe('a failure that is recognised by its words only', () => {
  it.each<[string, FailureKind]>([
    // The conditions of the specification.
    ['Rate limit exceeded', 'rate_limit'],
    ['rate_limit_exceeded', 'rate_limit'],
    ['Too Many Requests', 'rate_limit'],
    ['API returned invalid structure', 'server'],
    ['quota exceeded', 'quota'],
    ['insufficient_quota', 'quota'],
    ['Service Unavailable', 'server'],
    ['Bad Gateway', 'server'],
    ['Gateway Timeout', 'server'],
    ['connection refused', 'network'],
    ['network error', 'network'],
    ['timeout', 'timeout'],
    ['request timeout', 'timeout'],
    ['fetch failed', 'network'],
    ['Failed to generate image: Unauthorized', 'auth'],
    ['OpenAI API key is missing', 'auth'],
    // Bare numbers and everyday words decide nothing.
    ['Cannot read properties of undefined', 'unknown'],
    ['expected 429 items but got 503', 'unknown'],
    ['the timeout option must be a number', 'unknown'],
    ['rate limit parameter is not a number', 'unknown'],
  ])('"%s" is %s', (message, kind) => {
    expect(kindOf(new Error(message))).toBe(kind);
  });

  it('reads a thrown string, and makes nothing of null', () => {
    expect(kindOf('Too Many Requests')).toBe('rate_limit');
    expect(kindOf(null)).toBe('unknown');
    expect(kindOf(undefined)).toBe('unknown');
  });

  it('reads no further than 10,000 characters', () => {
    expect(kindOf(new Error(`${'x'.repeat(10_001)} too many requests`))).toBe('unknown');
  });
});

describe('the wait that a provider states', () => {
  it('is read from the headers, wherever the error has them', () => {
    const lastError = { statusCode: 429, responseHeaders: { 'retry-after': '9' } };
    expect(classifyFailure(withFields({ lastError }), NOW).retryAfterMs).toBe(9_000);
    const response = { status: 429, headers: new Headers({ 'Retry-After': 'Thu, 01 Jan 2026 00:01:00 GMT' }) };
    expect(classifyFailure(withFields({ response }), NOW).retryAfterMs).toBe(60_000);
  });

  it('is read from the words when there is no header', () => {
    const error = withFields({ statusCode: 429 }, 'No deployments available, Try again in 5 seconds.');
    expect(classifyFailure(error, NOW).retryAfterMs).toBe(5_000);
  });
});

describe('errors of our own', () => {
  it('keep their kind', () => {
    expect(kindOf(new ProviderTimeoutError('UPSTREAM_TIMEOUT', 'late', 10))).toBe('timeout');
  });

  it.each<[NonNullable<Failure['evidence']>, object]>([
    ['words', { effect: 'trip', reach: 'model' }],
    ['structured', { effect: 'trip-longest', reach: 'provider' }],
  ])('keep how they were recognised: a quota by %s opens %j', (evidence, rule) => {
    const error = new UpstreamStatusError('no credit', { kind: 'quota', statusCode: 400, evidence }, '');
    const failure = classifyFailure(error, NOW);
    expect(failure).toMatchObject({ kind: 'quota', evidence });
    expect(breakerRule(failure)).toEqual(rule);
  });

  it('give the cause of a stream without output, when that has a more specific kind', () => {
    const limited = withFields({ statusCode: 429, responseHeaders: { 'retry-after': '3' } });
    expect(classifyFailure(new NoOutputError('openai', { cause: limited }), NOW)).toMatchObject({
      kind: 'rate_limit',
      statusCode: 429,
      retryAfterMs: 3_000,
    });
    const refused = withFields({ statusCode: 401 });
    expect(classifyFailure(new NoOutputError('openai', { cause: refused }), NOW)).toMatchObject({
      kind: 'no_output',
      statusCode: 401,
    });
  });
});

describe('the evidence of the wire', () => {
  const limited = { kind: 'rate_limit', statusCode: 429, retryAfterMs: 7_000 } as const;

  it('names the cause of a failure that hides it', () => {
    expect(withWire({ kind: 'disguised' }, limited)).toMatchObject(limited);
    expect(withWire({ kind: 'unknown' }, { kind: 'server', statusCode: 529 })).toMatchObject({ kind: 'server' });
  });

  it('does not turn a hidden 401 into something that does not fail over', () => {
    expect(withWire({ kind: 'disguised' }, { kind: 'auth', statusCode: 401 })).toMatchObject({
      kind: 'disguised',
      statusCode: 401,
    });
  });

  it('confirms the words of an exhausted account, unless it states a short wait', () => {
    const words = { kind: 'quota', evidence: 'words' } as const;
    const bare = { kind: 'rate_limit', statusCode: 429 } as const;
    expect(withWire(words, bare)).toMatchObject({ kind: 'quota', statusCode: 429, evidence: 'structured' });
    expect(withWire(words, limited)).toMatchObject(limited);
    expect(withWire({ kind: 'quota', evidence: 'structured' }, limited)).toMatchObject({ kind: 'quota' });
    expect(withWire(words, { kind: 'server', statusCode: 503 })).toMatchObject(words);
  });

  it('does not overrule an error that says what it is', () => {
    expect(withWire({ kind: 'request', statusCode: 400 }, limited)).toMatchObject({ kind: 'request', statusCode: 400 });
  });
});

it('an error that is its own cause is classified', () => {
  const error = new Error('round') as Error & { cause?: unknown; errors?: unknown[] };
  error.cause = error;
  error.errors = Array(1000).fill(error);
  expect(kindOf(error)).toBe('unknown');
});

it('every kind has a rule', () => {
  for (const rule of Object.values(FAILURE_RULES)) expect(rule.recognisedBy).not.toBe('');
});
