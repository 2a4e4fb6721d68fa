import { expect, it } from 'vitest';
import { ask, failureOf, readStream } from '../../lab/client.js';
import { closeAfterEach, endpoint, server, start } from '../../lab/raw-client.js';
import { response } from '../../lab/raw-server.js';

closeAfterEach();

const KEY = 'sk-Very-Secret-1';
const startWith = (status: number, headers: Record<string, string>, body = '') =>
  start((socket) => socket.write(response(status, body, headers)), { apiKey: KEY });

// The lab's prompt is `Hello`, its model `gpt-4o`.
it.each([KEY, KEY.toLowerCase(), `x-${KEY}-x`, 'Very-Secret', 'content-Hello'])(
  'an id that echoes the key or the prompt is not taken: %s',
  async (id) => {
    await startWith(500, { 'x-litellm-call-id': id });
    const { requestId } = await failureOf(ask(endpoint));
    expect(requestId).toBe(server.requests.at(-1)?.headers['x-litellm-call-id']);
  },
);

it.each([`https://${KEY}.evil.example/`, 'https://a.very-secret.evil.example/', 'https://content-hello.evil.example/'])(
  'a redirect to a host that echoes the key or the prompt does not show it: %s',
  async (location) => {
    await startWith(307, { location });
    const error = await failureOf(ask(endpoint));
    expect(error).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(error.message).toContain('redirects to another address');
    expect(error.message).not.toMatch(/secret|content-?hello/i);
  },
);

it('a content type that echoes the key is not shown', async () => {
  await startWith(200, { 'content-type': `text/${KEY}` }, 'x');
  const { error } = await readStream(endpoint);
  expect(error?.message).toBe('ElizaNet answered with something that is not an event stream');
});
