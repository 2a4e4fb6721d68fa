import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, createEndpoint, failureOf, readStream } from '../../lab/client.js';
import { fixtureNames, readReply, readSse, replyBytes } from '../../lab/litellm-fixtures.js';
import { chunk, chunkedHead, type RawServer, startRawServer } from '../../lab/raw-server.js';
import type { Endpoint } from '../../src/http/endpoint.js';

let server: RawServer;
let endpoint: Endpoint;

beforeEach(async () => {
  server = await startRawServer(() => {});
  endpoint = createEndpoint(server.url, { apiKey: 'sk-wrong' });
});

afterEach(async () => {
  await endpoint.close();
  await server.close();
});

/** What the provider behind a real LiteLLM did, and what we make of what LiteLLM made of it. */
const ERRORS: Record<string, Record<string, unknown>> = {
  'error-400.json': { kind: 'request', statusCode: 400 },
  'error-402.json': { kind: 'quota', statusCode: 402 },
  'error-403.json': { kind: 'auth', statusCode: 403 },
  'error-408.json': { kind: 'timeout', statusCode: 408 },
  'error-408-upstream-hangs.json': { kind: 'timeout', statusCode: 408 },
  'error-413.json': { kind: 'request', statusCode: 413 },
  'error-422.json': { kind: 'request', statusCode: 400 },
  'error-429.json': { kind: 'rate_limit', statusCode: 429, retryAfterMs: undefined },
  'error-429-quota.json': { kind: 'quota', statusCode: 429 },
  'error-500.json': { kind: 'server', statusCode: 500 },
  'error-500-upstream-cut-json.json': { kind: 'server', statusCode: 500 },
  'error-500-upstream-dropped.json': { kind: 'server', statusCode: 500 },
  'error-500-upstream-html.json': { kind: 'server', statusCode: 500 },
  'error-502-html.json': { kind: 'server', statusCode: 502 },
  'error-503.json': { kind: 'server', statusCode: 503 },
  'error-504.json': { kind: 'server', statusCode: 504 },
  'error-529.json': { kind: 'server', statusCode: 529 },
  'error-content-policy.json': { kind: 'content_policy', statusCode: 400 },
  'error-context-length.json': { kind: 'context_length', statusCode: 400 },
  // Says it in words only; and it is no rate limit of the provider, which had answered 404.
  'error-no-deployments.json': { kind: 'rate_limit', statusCode: 429, retryAfterMs: 5_000 },
  'error-no-key.json': { kind: 'auth', statusCode: 401 },
  // A real LiteLLM without a database: a wrong key is a 400.
  'error-wrong-key.json': { kind: 'auth', statusCode: 400 },
  'error-unknown-model.json': { kind: 'model_not_found', statusCode: 400 },
  'error-unknown-path.json': { kind: 'request', statusCode: 404 },
  'error-unsupported-params.json': { kind: 'request', statusCode: 400 },
  'error-unsupported-response-format.json': { kind: 'request', statusCode: 400 },
  'error-unsupported-temperature.json': { kind: 'request', statusCode: 400 },
  'error-upstream-401.json': { kind: 'auth', statusCode: 401 },
  'error-upstream-404.json': { kind: 'model_not_found', statusCode: 404 },
};

describe("LiteLLM's errors", () => {
  const names = fixtureNames('.json').filter((name) => name.startsWith('error-'));

  it('are all expected here', () => {
    expect(Object.keys(ERRORS).sort()).toEqual(names.sort());
  });

  it.each(names)('%s has its kind and status, for a plain call and a stream alike', async (name) => {
    server.answer = (socket) => socket.write(replyBytes(name));
    const expected = { code: 'UPSTREAM_STATUS', model: 'gpt-4o', ...ERRORS[name] };
    expect(await failureOf(ask(endpoint))).toMatchObject(expected);
    expect((await readStream(endpoint)).error).toMatchObject(expected);
  });

  it.each(names)('%s shows none of its words, and none of its configuration', async (name) => {
    server.answer = (socket) => socket.write(replyBytes(name));
    const error = await failureOf(ask(endpoint));
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(
      /litellm|OpenAIException|Model Group|cooldown|fallback/i,
    );
  });

  it.each(names)('%s has the id that LiteLLM echoes; ours, where it makes none', async (name) => {
    server.answer = (socket) => socket.write(replyBytes(name));
    const { requestId } = await failureOf(ask(endpoint));
    const echoed = readReply(name).headers['x-litellm-call-id'];
    expect(requestId).toBe(echoed ?? server.requests.at(-1)?.headers['x-litellm-call-id']);
  });
});

describe("LiteLLM's answers", () => {
  it.each(['chat.json', 'chat-length.json', 'chat-reasoning.json'])('%s is its text', async (name) => {
    server.answer = (socket) => socket.write(replyBytes(name));
    const { choices } = readReply(name).body as { choices: { message: { content: string } }[] };
    expect(await ask(endpoint)).toBe(choices[0]?.message.content);
  });

  it('without choices (the provider sent an empty list) is no answer, and the error says what is missing', async () => {
    server.answer = (socket) => socket.write(replyBytes('chat-no-choices.json'));
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', kind: 'server', attempt: 1 });
    expect(error.message).toContain('choices');
  });
});

/** What comes of each recorded stream: its text, and the error it ends with, if it does. */
const STREAMS: Record<string, { text: string; error?: Record<string, unknown> }> = {
  'chat-stream.sse': { text: 'The answer comes from a real LiteLLM.' },
  'chat-stream-forwarded.sse': { text: 'The quick brown fox jumps.' },
  // The provider's socket was dropped, or its body just ended. LiteLLM adds a normal end, so this cannot be detected.
  'chat-stream-upstream-cut.sse': { text: 'The quick ' },
  'chat-stream-no-finish.sse': { text: 'The quick ' },
  'chat-stream-error-event.sse': {
    text: 'The quick ',
    error: { code: 'UPSTREAM_STATUS', statusCode: 503, kind: 'server' },
  },
  'chat-stream-stall.sse': { text: 'The quick ', error: { code: 'UPSTREAM_STATUS', statusCode: 408, kind: 'timeout' } },
  // LiteLLM went on with the whole answer of another model.
  'chat-stream-fallback.sse': {
    text: 'The quick ',
    error: { code: 'INVALID_RESPONSE', message: expect.stringContaining('another model') },
  },
  'chat-stream-empty.sse': { text: '', error: { code: 'NO_OUTPUT', kind: 'no_output' } },
  // The provider answered with a web page.
  'chat-stream-html.sse': { text: '', error: { code: 'NO_OUTPUT', kind: 'no_output' } },
};

describe("LiteLLM's streams", () => {
  const names = fixtureNames('.sse');

  it('are all expected here', () => {
    expect(Object.keys(STREAMS).sort()).toEqual(names.sort());
  });

  it.each(names)('%s is its text, and fails where it is not whole', async (name) => {
    server.answer = (socket) =>
      socket.write(Buffer.concat([Buffer.from(chunkedHead()), chunk(readSse(name)), chunk('')]));
    const { text, error } = await readStream(endpoint);
    expect(text).toBe(STREAMS[name]?.text);
    if (STREAMS[name]?.error) expect(error).toMatchObject(STREAMS[name].error);
    else expect(error).toBeUndefined();
  });

  it('tell what they cost, and how they ended', async () => {
    const sse = readSse('chat-stream-forwarded.sse');
    server.answer = (socket) => socket.write(Buffer.concat([Buffer.from(chunkedHead()), chunk(sse), chunk('')]));
    const { end } = await readStream(endpoint);
    expect(end).toMatchObject({
      finishReason: 'stop',
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    });
  });
});
