import { afterEach, describe, expect, it } from 'vitest';
import { answerOf, ask, createEndpoint, delta, failureOf, readStream } from '../../lab/client.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { type Answer, chunk, chunkedHead, type RawServer, response, startRawServer } from '../../lab/raw-server.js';
import type { Endpoint } from '../../src/http/endpoint.js';

let server: RawServer;
let endpoint: Endpoint;

afterEach(async () => {
  await endpoint.close();
  await server.close();
});

/** An endpoint other than ElizaNet, whose owner gives no advice unless a test does. */
async function start(answer: Answer, options: Parameters<typeof createEndpoint>[1] = {}): Promise<void> {
  server = await startRawServer(answer);
  endpoint = createEndpoint(server.url, { name: 'Backup', advice: {}, ...options });
}

const ending = (finish: string) => `data: {"choices":[{"index":0,"delta":{},"finish_reason":"${finish}"}]}\n\n`;
const stream = (...events: string[]) =>
  Buffer.concat([Buffer.from(chunkedHead()), ...events.map((event) => chunk(event)), chunk('')]);

const FAILURES: Record<string, Buffer | string> = {
  'a refused key': response(401, '{"error":{"message":"no"}}'),
  'an unknown path': response(404, '{"detail":"Not Found"}'),
  'an unknown model': response(404, '{"error":{"code":"model_not_found"}}'),
  'a redirect': response(302, '', { location: 'https://elsewhere.example/' }),
  'no JSON': response(200, '<html>'),
  'another shape': response(200, '{}'),
  'an unknown compression': response(200, 'x', { 'content-encoding': 'zstd' }),
  'something that is not HTTP': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
};

const STREAMS: Record<string, Buffer> = {
  'no events': response(200, 'x', { 'content-type': 'text/html' }),
  'an event that is no JSON': stream('data: x\n\n'),
  'an event of another shape': stream('data: {"choices":1}\n\n'),
  'an early end': stream(delta('half')),
  'a refusal': stream(ending('content_filter')),
  'a token limit of nothing': stream(ending('length')),
  'tool calls': stream(ending('tool_calls')),
};

describe('the errors of an endpoint', () => {
  it.each(Object.entries(FAILURES))('name that endpoint, and no setting of another: %s', async (_, bytes) => {
    await start((socket) => socket.end(bytes));
    const { message } = await failureOf(ask(endpoint));
    expect(message).toContain('Backup');
    expect(message).not.toMatch(/eliza|undefined/i);
  });

  it.each(Object.entries(STREAMS))('name that endpoint when it streams %s', async (_, bytes) => {
    await start((socket) => socket.write(bytes));
    const { error } = await readStream(endpoint);
    expect(error?.message).toContain('Backup');
    expect(error?.message).not.toMatch(/eliza|undefined/i);
  });

  it('end with the advice that its owner gives for the situation', async () => {
    const clock = fakeClock();
    const advice = { busy: 'give it more room', slow: 'be patient' };
    await start(() => {}, { clock, maxConcurrency: 1, advice });
    const first = failureOf(ask(endpoint, { timeoutMs: 1_000 }));
    const second = failureOf(ask(endpoint, { timeoutMs: 1_000 }));
    await server.until(() => server.requests.length === 1);
    clock.advance(1_000);
    expect((await first).message).toBe('Backup did not answer within 1000 ms; be patient');
    expect((await second).message).toBe(
      'Backup was not asked within 1000 ms because 1 requests were in flight; give it more room',
    );
  });

  it('name it also when it was stopped, and when nothing listens there', async () => {
    await start((socket) => socket.write(response(200, answerOf('well'))));
    const deaf = createEndpoint(server.url, { name: 'Backup', advice: { unreachable: 'plug it in' } });
    await server.close();
    expect((await failureOf(ask(deaf))).message).toMatch(/^Backup could not be reached \(\w+\); plug it in$/);
    await deaf.close();
    expect((await failureOf(ask(deaf))).message).toBe('Backup was stopped together with its agent');
    server = await startRawServer(() => {});
  });
});
