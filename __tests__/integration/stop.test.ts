import { afterEach, expect, it } from 'vitest';
import { runChild } from '../../lab/child.js';
import { delta } from '../../lab/client.js';
import { chunk, chunkedHead, type RawServer, startRawServer } from '../../lab/raw-server.js';

let server: RawServer;

afterEach(() => server.close());

it('stopping the agent gives calls 5 s to finish, closes every socket, and lets the process exit', async () => {
  server = await startRawServer((socket, { body }) => {
    if (body.includes('"stream":true')) socket.write(chunkedHead() + String(chunk(delta('one ').repeat(2))));
  });
  const { code, output } = await runChild('stopped-child.ts', { ELIZANET_BASE_URL: server.url });
  const { tookSeconds, outcomes } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  expect(outcomes).toEqual(['SERVICE_STOPPED', 'SERVICE_STOPPED', 'SERVICE_STOPPED']);
  expect(tookSeconds).toBeGreaterThanOrEqual(5);
  expect(code).toBe(0);
  expect(server.sockets.open).toBe(0);
}, 30_000);
