import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, createEndpoint, delta, readStream, STREAM_END } from '../../lab/client.js';
import { chunk, chunkedHead, type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import { asEvents } from '../../src/http/as-events.js';
import type { Endpoint } from '../../src/http/endpoint.js';
import { request } from '../../src/http/request.js';

let server: RawServer;
let endpoint: Endpoint;

beforeEach(async () => {
  server = await startRawServer(() => {});
  endpoint = createEndpoint(server.url);
});

afterEach(async () => {
  await endpoint.close();
  await server.close();
});

const stream = (...events: string[]) =>
  Buffer.concat([Buffer.from(chunkedHead()), ...events.map((event) => chunk(event)), chunk('')]);

describe('a server that does not know streams', () => {
  it('answers in one piece, and that is the stream', async () => {
    server.answer = (socket) => socket.write(response(200, answerOf('All at once.')));
    const { text, error, end } = await readStream(endpoint);
    expect({ text, error }).toEqual({ text: 'All at once.', error: undefined });
    expect(end).toMatchObject({ finishReason: 'stop', usage: { total_tokens: 2 } });
  });

  it('may write its JSON over several lines', async () => {
    const pretty = JSON.stringify(JSON.parse(answerOf('All\nat once.')), null, 2).replaceAll('\n', '\r\n');
    server.answer = (socket) => socket.write(response(200, pretty));
    expect((await readStream(endpoint)).text).toBe('All\nat once.');
  });

  it('is heard when it answers with an error under status 200', async () => {
    server.answer = (socket) => socket.write(response(200, '{"error":{"message":"slow down","code":"429"}}'));
    expect((await readStream(endpoint)).error).toMatchObject({ code: 'UPSTREAM_STATUS', statusCode: 429 });
  });

  it.each([
    ['text/html; charset=utf-8', '<html>It works!</html>', 'text/html'],
    ['image/png', '\u0089PNG', 'image/png'],
    ['text/event-stream', '', 'text/event-stream'],
    ['<script>', 'x', 'something'],
  ])('is an error that names what it sent in place of one: %s', async (contentType, body, named) => {
    server.answer = (socket) => socket.write(response(200, body, { 'content-type': contentType }));
    const { error } = await readStream(endpoint);
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', attempt: 1 });
    expect(error?.message).toBe(`ElizaNet answered with ${named} that is not an event stream`);
  });
});

describe('a stream', () => {
  it('under another type is read all the same', async () => {
    const head = chunkedHead({ 'content-type': 'application/octet-stream' });
    const body = chunk(delta('well') + STREAM_END);
    server.answer = (socket) => socket.write(Buffer.concat([Buffer.from(head), body, chunk('')]));
    expect((await readStream(endpoint)).text).toBe('well');
  });

  it('that ends with neither a finish nor [DONE] is not whole', async () => {
    server.answer = (socket) => socket.write(stream(delta('half')));
    const { text, error } = await readStream(endpoint);
    expect(text).toBe('half');
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', message: 'ElizaNet ended a stream in the middle' });
  });

  it.each([
    ['a finish reason alone', 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'],
    ['[DONE] alone', 'data: [DONE]\n\n'],
  ])('is whole with %s', async (_, end) => {
    server.answer = (socket) => socket.write(stream(delta('whole'), end));
    expect(await readStream(endpoint)).toMatchObject({ text: 'whole', error: undefined });
  });

  it('does not go on after [DONE]', async () => {
    server.answer = (socket) => socket.write(stream(delta('whole'), STREAM_END, delta(' and more')));
    expect(await readStream(endpoint)).toMatchObject({ text: 'whole', error: undefined });
  });

  it('may repeat its role in every chunk', async () => {
    const event = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ delta: { role: 'assistant', content } }] })}\n\n`;
    server.answer = (socket) => socket.write(stream(event('one '), event('two'), STREAM_END));
    expect((await readStream(endpoint)).text).toBe('one two');
  });

  it('may begin without naming its model, as Azure does', async () => {
    const event = (model: string, content: string) =>
      `data: ${JSON.stringify({ model, choices: [{ delta: { content } }] })}\n\n`;
    server.answer = (socket) =>
      socket.write(stream(event('', ''), event('gpt-4o', 'one '), event('gpt-4o', 'two'), STREAM_END));
    expect((await readStream(endpoint)).text).toBe('one two');
  });
});

describe('the events as they are', () => {
  it('come in batches without the comments, and a reader that is destroyed closes its socket', async () => {
    server.answer = (socket) => socket.write(chunkedHead() + String(chunk('data: one\n\ndata: two\n\n: comment\n\n')));
    const input = { path: '/v1/x', body: { model: 'm' }, timeoutMs: 10_000 };
    const { value: events } = await request(endpoint, input, asEvents);
    expect(await events.next()).toEqual([{ data: 'one' }, { data: 'two' }]);
    events.destroy();
    expect(await events.next()).toBeUndefined();
    await server.until(() => server.sockets.open === 0);
  });
});
