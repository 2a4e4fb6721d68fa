import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { answerOf, ask, delta, failureOf, readStream, STREAM_END } from '../../lab/client.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { type Answer, chunk, chunkedHead, response } from '../../lab/raw-server.js';

closeAfterEach();

/** The first request is answered by the fault, every other one well. */
const once =
  (fault: Answer): Answer =>
  (socket, request) =>
    request.number === 1 ? fault(socket, request) : socket.write(response(200, answerOf('well')));

describe('a connection that is lost before a byte of the answer', () => {
  const losses: [string, Answer][] = [
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
    ['half-closed', (socket) => socket.end()],
  ];

  it.each(losses)('is tried once more when it is %s', async (_, fault) => {
    await start(once(fault));
    expect(await ask(endpoint)).toBe('well');
    expect(server.requests).toHaveLength(2);
  });

  it.each(losses)('is a connection error when it is %s again', async (_, fault) => {
    await start(fault);
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({
      name: 'UpstreamConnectionError',
      code: 'UPSTREAM_CONNECTION',
      kind: 'network',
      phase: 'response',
      model: 'gpt-4o',
      attempt: 2,
    });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(server.requests).toHaveLength(2);
  });

  it('is retried under another id: LiteLLM does its accounting by it', async () => {
    await start(once((socket) => socket.destroy()));
    await ask(endpoint);
    const [first, second] = server.requests.map(({ headers }) => headers['x-litellm-call-id']);
    expect(first).not.toBe(second);
  });
});

describe('an answer that breaks off', () => {
  const breaks: [string, Answer][] = [
    ['right after its headers', (socket) => socket.write(chunkedHead(), () => socket.destroy())],
    [
      'short of its content-length',
      (socket) => socket.write(response(200, '{}', { 'content-length': '200' }), () => socket.end()),
    ],
    ['between two chunks', (socket) => socket.write(chunkedHead() + String(chunk('{"ch')), () => socket.end())],
  ];

  it.each(breaks)('%s is a connection error, and is not retried', async (_, fault) => {
    await start(fault);
    expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'UPSTREAM_CONNECTION', phase: 'body', attempt: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('within its headers is the same; on Bun, whose fetch does not tell, it counts as no byte of an answer', async () => {
    await start((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.destroy()));
    const seen = process.versions.bun ? { phase: 'response', attempt: 2 } : { phase: 'body', attempt: 1 };
    expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'UPSTREAM_CONNECTION', ...seen });
  });

  it.each([
    ['a socket that is reset', (socket) => socket.resetAndDestroy()],
    ['a socket that is half-closed', (socket) => socket.end()],
  ] as [string, Answer][])(
    'by %s in a stream ends it with an error, after the text that had come',
    async (_, fault) => {
      await start((socket, request) => {
        socket.write(chunkedHead() + String(chunk(delta('Hel'))) + String(chunk(delta('lo'))));
        setTimeout(() => fault(socket, request), 20);
      });
      const { text, error } = await readStream(endpoint);
      expect(text).toBe('Hello');
      expect(error).toMatchObject({ code: 'UPSTREAM_CONNECTION', phase: 'body' });
    },
  );
});

describe('an answer of irregular HTTP', () => {
  it('with more bytes than its content-length is read as far as that, and its socket is not used again', async () => {
    await start((socket) => {
      const bytes = response(200, answerOf('well'));
      socket.write(Buffer.concat([bytes, Buffer.from('and more')]));
    });
    expect(await ask(endpoint)).toBe('well');
    expect(await ask(endpoint)).toBe('well');
    expect(server.sockets.opened).toBe(2);
  });

  const garbage: [string, string][] = [
    ['a chunk without a size', `${chunkedHead()}not hexadecimal\r\n{}\r\n`],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2 secret of the server\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    [
      'an upgrade that was not asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'x-filler: 0123456789\r\n'.repeat(2_000)}`],
  ];

  it.each(garbage)('(%s) is a connection error', async (_, bytes) => {
    await start((socket) => socket.write(bytes));
    expect(await failureOf(ask(endpoint))).toMatchObject({ code: 'UPSTREAM_CONNECTION' });
  });

  it.each(garbage)('(%s) shows none of its bytes in the error', async (_, bytes) => {
    await start((socket) => socket.write(bytes));
    const shown = inspect(await failureOf(ask(endpoint)), { depth: 9, showHidden: true });
    expect(shown).not.toMatch(/OpenSSH|secret|hexadecimal|filler/);
  });

  it('with a status of 1xx before the real one is the real one', async () => {
    await start((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
      socket.write('HTTP/1.1 102 Processing\r\n\r\n');
      socket.write(response(200, answerOf('well')));
    });
    expect(await ask(endpoint)).toBe('well');
  });

  it('with status 204 is no answer', async () => {
    await start((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', message: 'ElizaNet answered with nothing' });
    const { error: streamed } = await readStream(endpoint);
    expect(streamed).toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  it.each(['__proto__', 'constructor', 'tostring'])(
    'has a header named %s and is answered all the same',
    async (name) => {
      await start((socket) => socket.write(response(200, answerOf('well'), { [name]: 'x' })));
      expect(await ask(endpoint)).toBe('well');
    },
  );

  it('is taken for the answer when it ends with the connection, as HTTP/1.0 does', async () => {
    await start((socket) => {
      socket.end(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${answerOf('well')}`);
    });
    expect(await ask(endpoint)).toBe('well');
  });
});

describe('a stream over unusual but valid HTTP', () => {
  it('is read when it ends with the connection', async () => {
    await start((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${delta('well')}${STREAM_END}`);
    });
    expect(await readStream(endpoint)).toMatchObject({ text: 'well', error: undefined });
  });

  it('is over with its last event, however long the response stays open', async () => {
    await start((socket) => socket.write(chunkedHead() + String(chunk(delta('well') + STREAM_END))));
    expect(await readStream(endpoint)).toMatchObject({ text: 'well', error: undefined });
  });

  it('leaves its socket for the next request when it ends a little after its last event', async () => {
    const answer: Answer = (socket) => {
      socket.write(chunkedHead() + String(chunk(delta('well') + STREAM_END)));
      setTimeout(() => socket.write(chunk('')), 20);
    };
    await start(answer, { maxConcurrency: 1 });
    for (let i = 0; i < 3; i++) expect(await readStream(endpoint)).toMatchObject({ text: 'well' });
    expect(server.sockets.opened).toBe(1);
  });
});
