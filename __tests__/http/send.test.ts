import { describe, expect, it } from 'vitest';
import { answerOf, ask, failureOf, watchedTransport } from '../../lab/client.js';
import { fakeClock } from '../../lab/fake-clock.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, response } from '../../lab/raw-server.js';

closeAfterEach();

const error = (status: number, headers?: Record<string, string>) =>
  response(
    status,
    JSON.stringify({ error: { message: 'No luck', type: null, param: null, code: String(status) } }),
    headers,
  );
const well = response(200, answerOf('well'));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a request', () => {
  it('carries its id, its time limit and a user agent', async () => {
    await start((socket) => socket.write(well), { apiKey: 'sk-mine' });
    await ask(endpoint, { timeoutMs: 7_400 });
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: 'Bearer sk-mine',
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'elizanet-fallback',
        'x-litellm-timeout': '8',
      },
    });
    expect(server.requests[0]?.headers['x-litellm-call-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('goes without a key when there is none', async () => {
    await start((socket) => socket.write(well));
    await ask(endpoint);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('goes to the path that the address has before /v1', async () => {
    await start(
      (socket) => socket.write(well),
      {},
      (url) => `${url}/proxy/openai/`,
    );
    await ask(endpoint);
    expect(server.requests[0]?.path).toBe('/proxy/openai/v1/chat/completions');
  });

  it('tells LiteLLM what is left of the limit after it has waited in line', async () => {
    const clock = fakeClock();
    const sockets: { write(data: Buffer): void }[] = [];
    await start((socket) => sockets.push(socket), { maxConcurrency: 1, clock });
    const first = ask(endpoint, { timeoutMs: 10_000 });
    const second = ask(endpoint, { timeoutMs: 10_000 });
    await server.until(() => server.requests.length === 1);
    clock.advance(6_000);
    sockets[0]?.write(well);
    await first;
    await server.until(() => server.requests.length === 2);
    sockets.at(-1)?.write(well);
    await second;
    expect(server.requests.map(({ headers }) => headers['x-litellm-timeout'])).toEqual(['10', '4']);
  });
});

describe('a retry', () => {
  it.each([502, 503, 504])('answers a call whose first try met status %i', async (status) => {
    await start((socket, { number }) => socket.write(number === 1 ? error(status) : well));
    expect(await ask(endpoint)).toBe('well');
    expect(server.requests).toHaveLength(2);
  });

  it('is made at most once; then the failure says how often it was sent', async () => {
    await start((socket) => socket.write(error(503)));
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: 503, attempt: 2 });
    expect(server.requests).toHaveLength(2);
  });

  it('is not made for a 503 after a dead socket: that was the second try', async () => {
    await start((socket, { number, numberOnSocket }) => {
      if (number === 1) socket.write(well);
      else if (numberOnSocket > 1) socket.destroy();
      else socket.write(error(503));
    });
    await ask(endpoint);
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: 503, attempt: 2 });
    expect(server.requests).toHaveLength(3);
  });

  it.each([400, 401, 404, 429, 500])('is not made for status %i', async (status) => {
    await start((socket) => socket.write(error(status)));
    expect(await failureOf(ask(endpoint))).toMatchObject({ statusCode: status, attempt: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('waits for what Retry-After says, and a random part of half a second more', async () => {
    const clock = fakeClock();
    const answer: Answer = (socket, { number }) =>
      socket.write(number === 1 ? error(429, { 'retry-after': '1' }) : well);
    await start(answer, { clock, random: () => 0.5 });
    const call = ask(endpoint);
    // The pause is the only timer beside the call's own limit.
    while (clock.pendingCount < 2) await turn();
    clock.advance(1_249);
    await turn();
    expect(server.requests).toHaveLength(1);
    clock.advance(1);
    expect(await call).toBe('well');
  });

  it('is not made when the call would run out of time', async () => {
    await start((socket) => socket.write(error(503, { 'retry-after': '2' })));
    expect(await failureOf(ask(endpoint, { timeoutMs: 1_500 }))).toMatchObject({ statusCode: 503, attempt: 1 });
  });

  it('ends at once when the caller does not want the answer any more', async () => {
    const clock = fakeClock();
    await start((socket) => socket.write(error(503, { 'retry-after': '1' })), { clock });
    const controller = new AbortController();
    const call = ask(endpoint, { signal: controller.signal });
    while (clock.pendingCount < 2) await turn();
    controller.abort(new Error('not wanted'));
    await expect(call).rejects.toThrow('not wanted');
    expect(clock.pendingCount).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('stops being made while everything fails: ten at first, then one for ten calls', async () => {
    await start((socket) => socket.write(error(503)));
    for (let call = 0; call < 40; call++) await failureOf(ask(endpoint));
    const retries = server.requests.length - 40;
    expect(retries).toBe(13);
  });
});

describe('an error', () => {
  it('has the id that the server knows the request by', async () => {
    await start((socket) => socket.write(error(500, { 'x-litellm-call-id': 'theirs-1' })));
    expect(await failureOf(ask(endpoint))).toMatchObject({ requestId: 'theirs-1' });
  });

  it('keeps our own id when what the server sends can be none', async () => {
    await start((socket) => socket.write(error(500, { 'x-litellm-call-id': 'theirs" level=fatal' })));
    const { requestId } = await failureOf(ask(endpoint));
    expect(requestId).toBe(server.requests[0]?.headers['x-litellm-call-id']);
  });

  it('has neither the key nor the words of the upstream in what loggers print', async () => {
    const echo = response(401, JSON.stringify({ error: { message: 'Bad key sk-mine for prompt Hello', code: '401' } }));
    await start((socket) => socket.write(echo), { apiKey: 'sk-mine' });
    const failure = await failureOf(ask(endpoint));
    expect(`${failure.stack}${JSON.stringify(failure)}`).not.toMatch(/sk-mine|Hello/);
    expect(failure).toMatchObject({ upstreamMessage: expect.stringContaining('Bad key *** for prompt Hello') });
    expect(failure.message).toContain('set ELIZANET_API_KEY');
  });

  it('keeps its status when the body that belongs to it never ends', async () => {
    const clock = fakeClock();
    const { transport, answered } = watchedTransport();
    await start((socket) => socket.write(response(400, '{"error":', { 'content-length': '1000' })), {
      clock,
      transport,
    });
    const call = failureOf(ask(endpoint, { timeoutMs: 1_000 }));
    await answered;
    await turn();
    clock.advance(1_000);
    expect(await call).toMatchObject({ statusCode: 400 });
  });

  it('says what to check when the address has no such path', async () => {
    await start((socket) => socket.write(response(404, '{"detail":"Not Found"}')));
    expect((await failureOf(ask(endpoint))).message).toContain('check that ELIZANET_BASE_URL');
  });
});
