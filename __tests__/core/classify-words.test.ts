import { describe, expect, it } from 'vitest';
import { classifyFailure, classifyResponse } from '../../src/core/classify-failure.js';
import type { FailureKind } from '../../src/core/failure-rules.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const named = (name: string, message: string, fields: object = {}) =>
  Object.assign(new Error(message), { name, ...fields });

describe('failures of clients without fetch, which have only words', () => {
  it.each<[FailureKind, string]>([
    ['network', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['network', 'read ECONNRESET'],
    ['network', 'write EPIPE'],
    ['network', 'getaddrinfo ENOTFOUND api.example.com'],
    ['network', 'ECONNRESET: aborted'],
    ['network', 'request to https://api.example.com/v1 failed, reason: connect ECONNREFUSED 127.0.0.1:1'],
    ['network', 'Cannot connect to API: connect ECONNREFUSED 127.0.0.1:1'],
    ['network', 'Client network socket disconnected before secure TLS connection was established'],
    ['network', 'self-signed certificate in certificate chain'],
    ['network', 'certificate has expired'],
    ['network', 'The socket connection was closed unexpectedly.'],
    ['network', 'Server disconnected without sending a response.'],
    ['network', 'Network Error'],
    ['timeout', 'connect ETIMEDOUT 192.0.2.1:443'],
    ['timeout', 'The operation timed out.'],
    ['timeout', 'timeout of 10000ms exceeded'],
    ['timeout', 'Request timed out.'],
    ['server', 'temporarily unavailable'],
    ['server', 'The model is currently overloaded'],
    ['server', '503 Service Unavailable'],
    ['server', 'HTTP error! status: 502'],
    ['rate_limit', '429 Too Many Requests'],
    ['rate_limit', 'Request was throttled. Expected available in 5 seconds.'],
    ['rate_limit', 'Failed to transcribe audio: 429 Too Many Requests'],
    ['rate_limit', 'An error occurred (ThrottlingException) when calling the Converse operation: Too many requests'],
    [
      'quota',
      'OpenAI TTS error 429: {"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}',
    ],
    ['quota', 'Failed to generate image: 402 {"error":"Insufficient credits"}'],
    ['auth', 'Failed to fetch speech from OpenAI TTS: OpenAI TTS error 401: {"error":{"message":"Incorrect API key"}}'],
    ['auth', 'ANTHROPIC_API_KEY is not configured'],
    ['auth', 'GOOGLE_GENERATIVE_AI_API_KEY not set'],
  ])('%s: "%s"', (kind, message) => {
    expect(classifyFailure(new Error(message), NOW)).toMatchObject({ kind, evidence: 'words' });
    expect(classifyFailure(message, NOW).kind).toBe(kind);
  });

  it.each([
    '429',
    '503 items were expected',
    'read emails failed',
    "EACCES: permission denied, open '/etc/x'",
    'The timeout option must be a number',
    'Failed to parse the answer: rate limit exceeded',
    'Unexpected answer: payment required',
    'The tool said that the rate limit was exceeded',
    'Could not read "rate limit exceeded"',
    "Validation failed for 'insufficient_quota'",
    'Cannot fetch http://img.example.com/insufficient_quota.png',
  ])('"%s" says nothing of a provider', (message) => {
    expect(classifyFailure(new Error(message), NOW).kind).toBe('unknown');
  });
});

describe('failures recognised by a name', () => {
  it.each<[FailureKind, string]>([
    ['no_output', 'AI_NoContentGeneratedError'],
    ['no_output', 'AI_NoImageGeneratedError'],
    ['no_output', 'AI_NoTranscriptGeneratedError'],
    ['no_output', 'AI_NoSpeechGeneratedError'],
    ['auth', 'AI_LoadAPIKeyError'],
    ['model_not_found', 'AI_NoSuchModelError'],
    ['rate_limit', 'ThrottlingException'],
    ['rate_limit', 'TooManyRequestsException'],
    ['server', 'ServiceUnavailableException'],
    ['server', 'InternalServerException'],
    ['server', 'ModelNotReadyException'],
    ['timeout', 'ModelTimeoutException'],
    ['auth', 'AccessDeniedException'],
    ['auth', 'ExpiredTokenException'],
    ['auth', 'CredentialsProviderError'],
    ['model_not_found', 'ResourceNotFoundException'],
    ['request', 'ValidationException'],
  ])('%s: %s', (kind, name) => {
    expect(classifyFailure(named(name, 'It failed'), NOW)).toMatchObject({ kind, evidence: 'structured' });
  });

  it('reads the status that the AWS SDK keeps in $metadata', () => {
    const $metadata = { httpStatusCode: 429, requestId: '158a2e26-c851' };
    const error = named('ThrottlingException', 'Too many tokens, please wait', { $fault: 'client', $metadata });
    expect(classifyFailure(error, NOW)).toMatchObject({
      kind: 'rate_limit',
      statusCode: 429,
      requestId: '158a2e26-c851',
    });
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'HPE_INVALID_CONSTANT',
    'EPROTO',
  ])('network: %s, thrown bare or as a cause', (code) => {
    expect(classifyFailure({ code }, NOW)).toMatchObject({ kind: 'network', code });
    expect(classifyFailure(new TypeError('fetch failed', { cause: { code } }), NOW)).toMatchObject({
      kind: 'network',
      code,
    });
  });
});

describe('a limit in the words of an empty account', () => {
  const body = { error: { message: 'You exceeded your current quota, please check your plan.' } };

  it.each<[object, number]>([
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after-ms': '900' }, 900],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12s' }, 12_000],
  ])('is a rate limit when a short wait is stated: %o', (headers, retryAfterMs) => {
    expect(classifyResponse({ status: 429, headers, body }, NOW)).toMatchObject({ kind: 'rate_limit', retryAfterMs });
  });

  it.each([{}, { 'retry-after': '7200' }])('stays a quota without a short wait: %o', (headers) => {
    expect(classifyResponse({ status: 429, headers, body }, NOW).kind).toBe('quota');
  });

  it('stays a quota with a code, and when it is a limit per day', () => {
    const coded = { error: { ...body.error, code: 'insufficient_quota' } };
    const daily = { error: { message: 'Too many tokens per day, please wait before trying again.' } };
    for (const said of [coded, daily]) {
      expect(classifyResponse({ status: 429, headers: { 'retry-after': '30' }, body: said }, NOW).kind).toBe('quota');
    }
  });

  it('is recognised by its metric, when that is per minute', () => {
    const message =
      "Quota exceeded for quota metric 'Generate requests' and limit 'Generate requests per minute' of service 'x'.";
    expect(classifyResponse({ status: 429, body: { error: { message } } }, NOW).kind).toBe('rate_limit');
    expect(
      classifyResponse({ status: 429, body: { error: { message: message.replace('minute', 'day') } } }, NOW).kind,
    ).toBe('quota');
  });
});

describe('codes and ids of foreign errors', () => {
  it('are shown when they can be ones, at most 64 characters of them', () => {
    expect(classifyFailure({ code: 'E_MINE', request_id: 'req_1' }, NOW)).toMatchObject({
      code: 'E_MINE',
      requestId: 'req_1',
    });
    const long = classifyFailure({ code: 'A'.repeat(1_000_000), requestId: 'b'.repeat(1_000_000) }, NOW);
    expect([long.code?.length, long.requestId?.length]).toEqual([64, 64]);
  });

  it.each(['x\n[ERROR] forged', '\u001b[31mred', 'two words', '“x”', '\u0000'])(
    'are left out otherwise: %j',
    (value) => {
      expect(classifyFailure({ code: value, requestId: value }, NOW)).toMatchObject({
        code: undefined,
        requestId: undefined,
      });
    },
  );
});
