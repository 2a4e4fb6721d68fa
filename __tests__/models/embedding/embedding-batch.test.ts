import type { IAgentRuntime } from '@elizaos/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuarded, type Guarded, type GuardedOptions, primary } from '../../../lab/guarded.js';
import { startRawServer } from '../../../lab/raw-server.js';
import { modelsFor } from '../../../src/plugin.js';

const TYPE = 'TEXT_EMBEDDING_BATCH';
const models: Record<string, unknown> = modelsFor({ [TYPE]: TYPE });
const handler = models[TYPE] as (runtime: IAgentRuntime, params: unknown) => Promise<number[][]>;
const texts = ['one', 'two', 'three'];
const vectorOf = (text: string) => [text.length / 10, 0.5];

let guarded: Guarded;

afterEach(() => guarded.stop());

async function start(options: GuardedOptions = {}) {
  guarded = await createGuarded({
    plugins: [],
    elizaNet: { vector: vectorOf },
    ...options,
    settings: { ELIZANET_EMBEDDING_DIMENSIONS: 2, ...options.settings },
  });
  return guarded.runtime;
}

/** An answer with these entries. */
const embeddings = (data: unknown[]) => ({ kind: 'status', status: 200, body: JSON.stringify({ data }) }) as const;
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('answered'),
    (error) => error,
  );

describe('a batch of texts that only ElizaNet can embed', () => {
  it('[row 102] is one request, answered in the order of the texts', async () => {
    const runtime = await start();
    guarded.elizaNet.fault = embeddings([2, 0, 1].map((index) => ({ index, embedding: [0.1, index + 1] })));
    expect(await handler(runtime, { texts })).toEqual([
      [0.1, 1],
      [0.1, 2],
      [0.1, 3],
    ]);
    expect(guarded.elizaNet.calls.map(({ body }) => body.input)).toEqual([texts]);
  });

  it('[row 102] is an error when vectors are missing', async () => {
    const runtime = await start();
    guarded.elizaNet.fault = embeddings([1, 2].map((index) => ({ index, embedding: [0.1, 0.2] })));
    expect(await failureOf(handler(runtime, { texts }))).toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  it('[row 102] is an error when ElizaNet fails, and no placeholder: core then embeds one by one', async () => {
    const runtime = await start();
    guarded.elizaNet.fault = { kind: 'status', status: 401 };
    expect(await failureOf(handler(runtime, { texts }))).toMatchObject({ kind: 'auth' });
  });

  it.each([[null], ['one'], [{}], [{ texts: 'one' }], [{ texts: ['one', 2] }]])('is refused for %j', async (params) => {
    const runtime = await start();
    expect(await failureOf(handler(runtime, params))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('is given up when its caller stops waiting', async () => {
    const server = await startRawServer(() => {});
    const runtime = await start({ settings: { ELIZANET_BASE_URL: server.url } });
    const controller = new AbortController();
    const asked = handler(runtime, { texts, signal: controller.signal });
    await server.until(() => server.requests.length === 1);
    controller.abort('not wanted');
    expect(await failureOf(asked)).toBe('not wanted');
    await server.until(() => server.sockets.open === 0);
    await server.close();
  });
});

it('[row 103] a batch of texts that a primary embeds one by one is left to it', async () => {
  const asked: unknown[] = [];
  const own = primary({
    TEXT_EMBEDDING: (params) => {
      asked.push((params as { text?: string } | null)?.text);
      return [0.9, 0.1];
    },
  });
  const runtime = await start({ plugins: [own] });
  asked.length = 0;
  expect(await handler(runtime, { texts })).toEqual([
    [0.9, 0.1],
    [0.9, 0.1],
    [0.9, 0.1],
  ]);
  expect(asked).toEqual(texts);
  expect(guarded.elizaNet.calls).toEqual([]);
});
