import { runWithStreamingContext } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { delta } from '../../lab/client.js';
import { createGuarded, type Guarded } from '../../lab/guarded.js';
import { logLines } from '../../lab/log-lines.js';
import { chunk, chunkedHead, type RawServer, startRawServer } from '../../lab/raw-server.js';

let guarded: Guarded;
let server: RawServer;

/** An agent whose only provider is ElizaNet, which begins to answer streams and says nothing to anything else. */
async function startAgent() {
  server = await startRawServer((socket, { body }) => {
    if (body.includes('"stream":true')) socket.write(chunkedHead() + String(chunk(delta('one '))));
  });
  guarded = await createGuarded({ settings: { ELIZANET_BASE_URL: server.url, ELIZANET_FAILURE_THRESHOLD: 1 } });
  return guarded.runtime;
}

afterEach(async () => {
  await guarded.stop();
  await server.close();
});

describe("the user's abort of a call that only ElizaNet can answer", () => {
  it('closes its request at once, and rejects with its reason', async () => {
    const runtime = await startAgent();
    const controller = new AbortController();
    const call = runtime.useModel('TEXT_LARGE', { prompt: 'hi', abortSignal: controller.signal } as never);
    await server.until(() => server.requests.length === 1);
    controller.abort(new Error('not wanted'));
    await expect(call).rejects.toThrow('not wanted');
    await server.until(() => server.sockets.open === 0);
  });

  it('ends a stream while its next chunk is waited for', async () => {
    const runtime = await startAgent();
    const controller = new AbortController();
    const chunks: string[] = [];
    const context = {
      abortSignal: controller.signal,
      onStreamChunk: async (piece: string) => {
        chunks.push(piece);
        setImmediate(() => controller.abort(new Error('not wanted')));
      },
    };
    const call = runWithStreamingContext(context, () => runtime.useModel('TEXT_LARGE', { prompt: 'hi' }));
    await expect(call).rejects.toThrow('not wanted');
    expect(chunks).toEqual(['one ']);
    await server.until(() => server.sockets.open === 0);
  });

  it('does not count as a failure: no error in the log, and ElizaNet is asked again', async () => {
    const runtime = await startAgent();
    const lines = logLines(runtime);
    for (let call = 1; call <= 3; call++) {
      const controller = new AbortController();
      const aborted = runtime.useModel('TEXT_LARGE', { prompt: 'hi', abortSignal: controller.signal } as never);
      await server.until(() => server.requests.length === call);
      controller.abort('not wanted');
      await expect(aborted).rejects.toBe('not wanted');
    }
    expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });
});
