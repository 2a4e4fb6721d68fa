import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classifyFailure, classifyResponse } from '../../src/core/classify-failure.js';
import type { Failure, FailureKind } from '../../src/core/failure-rules.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DIRECTORY = new URL('../fixtures/failures/', import.meta.url);

/** A documented error response of a provider or gateway, and what it has to be taken for. */
interface Case {
  kind: FailureKind;
  status: number;
  headers?: Record<string, string>;
  body: unknown;
  retryAfterMs?: number;
}

const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));
const casesOf = (file: string): Case[] => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8'));

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));
const innerOf = (body: unknown) => (body as { error?: unknown } | null)?.error;
const messageOf = (body: unknown): string => {
  const inner = innerOf(body) ?? body;
  const message = (inner as { message?: unknown } | null)?.message ?? inner;
  return typeof message === 'string' ? message : textOf(body);
};
const errorWith = (message: string, fields: object) => Object.assign(new Error(message), fields);

/** The shapes in which clients throw a response. */
const CLIENTS: Record<string, (response: Case) => Failure> = {
  'as a response': ({ status, headers, body }) => classifyResponse({ status, headers, body: textOf(body) }, NOW),
  'as a response, parsed': (response) => classifyResponse(response, NOW),
  'by the AI SDK': (response) => classifyFailure(aiSdkError(response), NOW),
  "by the AI SDK's retries": (response) => {
    const lastError = aiSdkError(response);
    const message = `Failed after 3 attempts. Last error: ${lastError.message}`;
    return classifyFailure(errorWith(message, { name: 'AI_RetryError', lastError, errors: [lastError] }), NOW);
  },
  "by OpenAI's and Anthropic's SDKs": ({ status, headers, body }) => {
    const error = innerOf(body) ?? body;
    return classifyFailure(errorWith(`${status} ${textOf(body)}`, { status, headers, error }), NOW);
  },
  "by Google's SDK": ({ status, headers, body }) =>
    classifyFailure(errorWith(textOf(body), { name: 'ApiError', status, headers }), NOW),
  'by axios': ({ status, headers, body }) => {
    const message = `Request failed with status code ${status}`;
    return classifyFailure(
      errorWith(message, { code: 'ERR_BAD_REQUEST', response: { status, headers, data: body } }),
      NOW,
    );
  },
  'by Python clients behind a gateway': ({ status, headers, body }) =>
    classifyFailure(errorWith(`Error code: ${status} - ${textOf(body)}`, { status, headers }), NOW),
};

function aiSdkError({ status, headers, body }: Case): Error {
  return errorWith(messageOf(body), {
    name: 'AI_APICallError',
    url: 'https://api.example.com/v1/chat/completions',
    requestBodyValues: { messages: [{ role: 'user', content: 'Hello' }] },
    statusCode: status,
    responseHeaders: headers,
    responseBody: textOf(body),
    data: typeof body === 'string' ? undefined : body,
  });
}

describe.each(files)('%s', (file) => {
  const cases = casesOf(file).map(
    (response) => [response.status, messageOf(response.body).slice(0, 90), response] as const,
  );

  it.each(cases)('%i "%s" is what it says, whichever client throws it', (_status, _message, response) => {
    const found = Object.fromEntries(Object.entries(CLIENTS).map(([client, classify]) => [client, classify(response)]));
    const expected = {
      kind: response.kind,
      statusCode: response.status,
      retryAfterMs: response.retryAfterMs,
      evidence: 'structured',
    };
    const all = Object.fromEntries(Object.keys(CLIENTS).map((client) => [client, expected]));
    expect(found).toMatchObject(all);
  });
});
