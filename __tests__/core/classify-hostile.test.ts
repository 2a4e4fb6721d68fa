import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyFailure, classifyResponse } from '../../src/core/classify-failure.js';
import { BRAND } from '../../src/core/elizanet-error.js';
import { NoOutputError } from '../../src/core/failover-errors.js';
import { FAILURE_RULES } from '../../src/core/failure-rules.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const RUNS = { numRuns: 300 };

function revoked(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const throws = () => {
  throw new Error('a trap');
};
const throwing = (...keys: string[]) => {
  const error = new Error('it failed');
  for (const key of keys) {
    Object.defineProperty(error, key, { get: throws });
  }
  return error;
};

const cyclic = new Error('round') as Error & { cause?: unknown };
cyclic.cause = cyclic;
const ours = new NoOutputError('openai');
Object.defineProperty(ours, 'cause', { value: ours });

const endless: object = new Proxy({}, { get: () => endless, has: () => true });

describe('a thrown value of any kind', () => {
  it.each<[string, unknown]>([
    ['getters that throw', throwing('response', 'message', 'cause', 'headers', 'name', 'code', 'errors', 'data')],
    ['a revoked proxy', revoked()],
    ['a revoked proxy of an array', revoked([])],
    ['a revoked proxy as cause', new Error('x', { cause: revoked() })],
    ['a revoked proxy as headers', { status: 400, headers: revoked(), response: revoked() }],
    ['an object that has every property', endless],
    [
      'an error of ours whose fields throw',
      Object.defineProperty(throwing('kind', 'cause', 'code'), BRAND, { value: true }),
    ],
    ['an error of ours of a kind that is none', { [BRAND]: true, kind: 'constructor' }],
    ['an error of ours that is its own cause', ours],
    ['an error that is its own cause', cyclic],
    ['200,000 errors in one', new AggregateError(Array.from({ length: 200_000 }, () => new Error('x')))],
    ['an array without an end', { errors: new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 53 : {}) }) }],
    ['a symbol as length', { errors: new Proxy([], { get: () => Symbol('length') }) }],
    ['a symbol', Symbol('rate limit exceeded')],
    ['a function', () => 'rate limit exceeded'],
    ['a number', 429],
    ['a bigint', 429n],
    ['a boolean', true],
    ['null', null],
    ['undefined', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a date', new Date(Number.NaN)],
    ['ten million letters', new Error('x'.repeat(10_000_000))],
  ])('%s', (_name, thrown) => {
    const { kind } = classifyFailure(thrown, NOW);
    expect(FAILURE_RULES).toHaveProperty(kind);
  });

  it('is judged by what can be read of it', () => {
    expect(classifyFailure(Object.assign(throwing('response', 'headers', 'cause'), { status: 503 }), NOW).kind).toBe(
      'server',
    );
    expect(classifyFailure(new AggregateError([revoked(), { status: 429 }]), NOW).kind).toBe('rate_limit');
  });

  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withMap: true,
    withTypedArray: true,
  });
  const fields = fc.dictionary(
    fc.constantFrom(
      ...[
        'message',
        'name',
        'code',
        'status',
        'statusCode',
        'response',
        'headers',
        'responseHeaders',
        'cause',
        'errors',
      ],
      ...[
        'lastError',
        'data',
        'responseBody',
        'body',
        'error',
        'details',
        'metadata',
        'requestBodyValues',
        '$metadata',
      ],
    ),
    value,
  );

  it('always has a known kind, whatever its fields are', () => {
    fc.assert(
      fc.property(fc.oneof(value, fields), value, (thrown, request) => {
        const { kind, code, requestId, statusCode } = classifyFailure(thrown, NOW, { request });
        expect(Object.hasOwn(FAILURE_RULES, kind)).toBe(true);
        expect([code ?? 'x', requestId ?? 'x'].join(' ')).toMatch(/^[\x21-\x7e]{1,64} [\x21-\x7e]{1,64}$/);
        expect(statusCode ?? 400).toBeGreaterThanOrEqual(400);
      }),
      RUNS,
    );
  });

  it('always has a known kind as a response', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), value, value, (status, headers, body) => {
        const { kind } = classifyResponse({ status, headers, body }, NOW);
        expect(Object.hasOwn(FAILURE_RULES, kind)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('headers may be of any shape', () => {
  const pairs: [string, string][] = [['Retry-After', '30']];

  it.each<[string, unknown]>([
    ['a number', { 'retry-after': 30 }],
    ['an array of numbers', { 'retry-after': [30] }],
    ['mixed case', { 'Retry-After': '30' }],
    ['Headers', new Headers(pairs)],
    ['a Map', new Map(pairs)],
    ['pairs', pairs],
    ['a flat list of bytes', ['Retry-After', '30'].map((text) => Buffer.from(text))],
    ['something with get', { get: (name: string) => (name === 'retry-after' ? '30' : null) }],
    ['some values that throw', Object.defineProperty({ 'retry-after': '30' }, 'x', { enumerable: true, get: throws })],
  ])('%s', (_name, headers) => {
    expect(classifyFailure({ status: 429, headers }, NOW)).toMatchObject({ kind: 'rate_limit', retryAfterMs: 30_000 });
  });

  it.each<[string, unknown]>([
    ['an object', { 'retry-after': {} }],
    ['a symbol', { 'retry-after': Symbol('30') }],
    ['a function', () => 30],
    ['a forEach that throws', { forEach: () => throwing('x').toString.call(null) }],
    ['text', 'retry-after: 30'],
  ])('%s says nothing', (_name, headers) => {
    expect(classifyFailure({ status: 429, headers }, NOW)).toMatchObject({
      kind: 'rate_limit',
      retryAfterMs: undefined,
    });
  });
});

/** Phrases that would be verdicts, were they a provider's. */
const PHRASES = [
  'payment required',
  'You exceeded your current quota',
  'Your credit balance is too low',
  'insufficient_quota',
  'quota exceeded',
  'Key limit exceeded',
  'Budget has been exceeded!',
  'rate limit exceeded',
  'Too many requests',
  'Invalid API key',
  'Unauthorized',
  'connect ECONNREFUSED 127.0.0.1:1',
  '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}',
  'litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached',
  'OpenAI API error: 402 - Payment Required',
  'Please try again in 20 minutes',
];
const DANGEROUS = ['quota', 'auth', 'rate_limit', 'network', 'server', 'timeout'];

describe("a request's own text in a message", () => {
  const phrase = fc.constantFrom(...PHRASES);
  const filler = fc.string({ unit: fc.constantFrom('a', 'e', 'n', ' ', '.', '\n', '"', "'", '{', ':'), maxLength: 30 });
  const prompt = fc.tuple(filler, phrase, filler).map((parts) => parts.join(' '));
  const requests: ((text: string) => unknown)[] = [
    (text) => text,
    (text) => ({ prompt: text }),
    (text) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] }),
    (text) => JSON.stringify({ messages: [{ role: 'user', content: text }] }),
    (text) => ({ prompt: text.toUpperCase() }),
  ];

  const cut = fc.tuple(fc.nat(20), fc.nat(20)).map(
    ([from, to]) =>
      (text: string) =>
        text.slice(from, text.length - to),
  );
  const quotings = [
    (text: string) => text,
    (text: string) => `Invalid prompt: ${text}`,
    (text: string) => `Error: ${text}`,
    (text: string) => `${text} is not a valid value`,
    (text: string) => `Could not process the message. ${text}. Please check it.`,
  ];

  it('never decides, whole or cut, quoted or not, with a status that leaves it open or none', () => {
    fc.assert(
      fc.property(
        prompt,
        cut,
        fc.constantFrom(...requests),
        fc.constantFrom(...quotings),
        (text, cutOf, requestOf, quote) => {
          const request = requestOf(text);
          const message = quote(cutOf(text));
          const failures = [
            classifyFailure(new Error(message), NOW, { request }),
            classifyResponse({ status: 400, body: { error: { message } } }, NOW, { request }),
          ];
          for (const { kind, retryAfterMs } of failures) {
            expect(DANGEROUS).not.toContain(kind);
            expect(retryAfterMs).toBeUndefined();
          }
        },
      ),
      RUNS,
    );
  });

  it('is known from what the error itself keeps of its request', () => {
    const fields = { statusCode: 400, requestBodyValues: { messages: [{ content: 'Quota exceeded' }] } };
    expect(classifyFailure(Object.assign(new Error('Quota exceeded'), fields), NOW).kind).toBe('request');
    const config = { url: 'http://api.example.com', data: '{"prompt":"Quota exceeded"}' };
    expect(classifyFailure(Object.assign(new Error('Quota exceeded'), { status: 400, config }), NOW).kind).toBe(
      'request',
    );
  });

  it('is taken out where it is quoted, also when the request is not known', () => {
    fc.assert(
      fc.property(
        phrase,
        fc.constantFrom(['"', '"'], ["'", "'"], ['`', '`'], ['“', '”'], ['http://x.example/', '.png'], ['"', '']),
        (text, [open, close]) => {
          const quoted = close === '.png' ? text.replaceAll(/[^a-z]/gi, '_') : text.replaceAll(/["'`]/g, '');
          const message = `Invalid value: ${open}${quoted}${close}`;
          expect(DANGEROUS).not.toContain(classifyFailure(new Error(message), NOW).kind);
          expect(classifyResponse({ status: 400, body: { error: { message } } }, NOW).kind).toBe('request');
        },
      ),
      RUNS,
    );
  });

  it('leaves statuses and codes what they are', () => {
    const request = { prompt: 'insufficient_quota, rate limit exceeded, unauthorized' };
    const body = { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } };
    expect(classifyResponse({ status: 429, body }, NOW, { request }).kind).toBe('quota');
    expect(classifyResponse({ status: 429, body: 'rate limit exceeded' }, NOW, { request }).kind).toBe('rate_limit');
    expect(classifyResponse({ status: 401, body: 'unauthorized' }, NOW, { request }).kind).toBe('auth');
  });

  it('is found in two million characters, and in an image beside it', () => {
    const image = `data:image/png;base64,${'A'.repeat(5_000_000)}`;
    const request = { prompt: `${'word '.repeat(390_000)} quota   exceeded`, image };
    expect(classifyResponse({ status: 400, body: 'Quota exceeded' }, NOW, { request }).kind).toBe('request');
    expect(classifyResponse({ status: 400, body: 'Credit limit reached' }, NOW, { request }).kind).toBe('quota');
  });

  it('is assumed in a request that is too long to be searched', () => {
    const request = { prompt: 'word '.repeat(500_000) };
    expect(classifyResponse({ status: 400, body: 'Quota exceeded' }, NOW, { request }).kind).toBe('request');
    expect(classifyResponse({ status: 402, body: 'Quota exceeded' }, NOW, { request }).kind).toBe('quota');
  });

  it('may itself be hostile', () => {
    for (const request of [throwing('prompt'), revoked(), endless, cyclic, Symbol('x'), 1n, [revoked([])]]) {
      expect(classifyResponse({ status: 429, body: 'x' }, NOW, { request }).kind).toBe('rate_limit');
    }
  });
});

describe('words alone', () => {
  it('never say that an account is exhausted as a code does', () => {
    expect(classifyFailure(new Error('Your credit balance is too low'), NOW)).toMatchObject({
      kind: 'quota',
      evidence: 'words',
    });
    const second = { error: { message: 'The request was refused. Your credit balance is too low' } };
    expect(classifyResponse({ status: 400, body: second }, NOW)).toMatchObject({ kind: 'quota', evidence: 'words' });
    const first = { error: { message: 'Your credit balance is too low' } };
    expect(classifyResponse({ status: 400, body: first }, NOW)).toMatchObject({
      kind: 'quota',
      evidence: 'structured',
    });
  });
});
