import { randomUUID } from 'node:crypto';
import { connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Character, Plugin } from '@elizaos/core';
import { afterEach, expect, it } from 'vitest';
import { snippetsOf } from '../lab/documents.js';
import { type Handler, primary, statusError } from '../lab/guarded.js';
import { runSnippet } from '../lab/run-snippet.js';
import { createRuntime, type TestRuntime } from '../lab/runtime.js';
import { type StandIn, startStandIn } from '../lab/stand-in/server.js';
import { type ElizaNetFallbackService, getLastAttempts, PROVIDER_NAME } from '../src/index.js';

/** The examples of docs/extending.md, as they are printed. */
const snippets = snippetsOf('docs/extending.md').filter(({ language }) => language === 'ts');
const exportsUnder = (heading: string) => {
  const [snippet] = snippets.filter((snippet) => snippet.heading === heading);
  return runSnippet(snippet?.code ?? '');
};

let running: TestRuntime | undefined;
let elizaNet: StandIn;

/** An agent with the plugin of an example. */
async function start(heading: string, handler: Handler, text = "ElizaNet's answer") {
  elizaNet = await startStandIn({ text });
  const plugin = exportsUnder(heading).default as Plugin;
  const settings = { ELIZANET_BASE_URL: elizaNet.url };
  running = await createRuntime({ plugins: [primary({ TEXT_SMALL: handler }), plugin], settings });
  return running.runtime;
}

const fails = (error: Error) => () => Promise.reject(error);

afterEach(async () => {
  await running?.stop();
  running = undefined;
  await elizaNet?.close();
});

it('every example is run here', () => {
  expect(snippets.map(({ heading }) => heading)).toEqual([
    'Extending',
    'Failure classifiers',
    'Result checks',
    'Request transforms',
    'Response processors',
    'Health monitors',
    'Router',
    'Endpoints',
    'Transport',
  ]);
});

it('a project passes the plugin to its agent', async () => {
  const projectAgent = exportsUnder('Extending').projectAgent as (character: Character, extensions: object) => unknown;
  const character = { name: 'Test', bio: [] };
  expect(projectAgent(character, {})).toMatchObject({ character, plugins: [{ name: PROVIDER_NAME }] });
});

it('the classifier lets a 400 of the gateway fail over', async () => {
  const runtime = await start('Failure classifiers', fails(statusError(400, 'GW-17 tenant share used up')));
  expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe("ElizaNet's answer");
  const failure = { kind: 'rate_limit', statusCode: 400, retryAfterMs: 60_000 };
  expect(getLastAttempts(runtime)[0]).toMatchObject({ provider: 'primary', outcome: 'failed', failure });
});

it('the classifier reads the wait from the text of a 503', async () => {
  const runtime = await start('Failure classifiers', fails(statusError(503, 'maintenance for 3 min')));
  await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
  expect(getLastAttempts(runtime)[0]?.failure).toMatchObject({ kind: 'server', retryAfterMs: 180_000 });
});

it('the check lets an apology fail over', async () => {
  const runtime = await start('Result checks', async () => "I'm at capacity right now, sorry!");
  expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe("ElizaNet's answer");
  expect(getLastAttempts(runtime)[0]).toMatchObject({ outcome: 'failed', failure: { kind: 'disguised' } });
});

it('the transform adds its tags', async () => {
  const runtime = await start('Request transforms', fails(statusError(503)));
  await runtime.useModel('TEXT_SMALL', { prompt: 'hi' });
  expect(elizaNet.calls[0]?.body).toMatchObject({
    messages: [{ content: 'hi' }],
    metadata: { tags: ['agent:support'] },
  });
});

it('the processor takes the line of the gateway off', async () => {
  const runtime = await start('Response processors', fails(statusError(503)), 'Hello.\n[served by gateway-3]');
  expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe('Hello.');
});

it('the monitor reports that the model is missing', async () => {
  const runtime = await start('Health monitors', async () => 'well');
  const service = runtime.getService(PROVIDER_NAME) as ElizaNetFallbackService;
  const health = await service.healthCheck();
  expect(health).toMatchObject({ reachable: true, key: 'accepted', models: ['gpt-4o'] });
  expect(health.error).toMatchObject({ message: 'support-large is not served' });
});

it('the router sends a long prompt to the gateway, and a short one to the local model', async () => {
  const gateway = await startStandIn({ text: "The gateway's answer", models: ['*'] });
  process.env.ELIZANET_2_BASE_URL = gateway.url;
  try {
    const runtime = await start('Router', fails(statusError(503)));
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe("ElizaNet's answer");
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'long '.repeat(1_000) })).toBe("The gateway's answer");
  } finally {
    delete process.env.ELIZANET_2_BASE_URL;
    await gateway.close();
  }
});

it("the tenant's endpoint answers with its own key when the first one is down", async () => {
  const tenants = await startStandIn({ text: "The tenant's answer", models: ['*'] });
  Object.assign(process.env, { TENANT_LITELLM: tenants.url, TENANT_KEY: 'sk-tenant' });
  try {
    const runtime = await start('Endpoints', fails(statusError(503)));
    elizaNet.fault = { kind: 'status', status: 503 };
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe("The tenant's answer");
    expect(tenants.calls[0]?.headers.authorization).toBe('Bearer sk-tenant');
    expect(elizaNet.calls[0]?.headers.authorization).toBeUndefined();
  } finally {
    delete process.env.TENANT_LITELLM;
    delete process.env.TENANT_KEY;
    await tenants.close();
  }
});

it('the transport reaches ElizaNet on a Unix socket', async () => {
  const path = join(tmpdir(), `elizanet-${randomUUID()}.sock`);
  let accepted = 0;
  const proxy = createServer((socket) => {
    accepted++;
    const upstream = connectTo(Number(new URL(elizaNet.url).port), '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(path, resolve));
  process.env.LITELLM_SOCKET = path;
  try {
    const runtime = await start('Transport', fails(statusError(503)));
    expect(await runtime.useModel('TEXT_SMALL', { prompt: 'hi' })).toBe("ElizaNet's answer");
    expect(elizaNet.calls).toHaveLength(1);
    expect(accepted).toBe(1);
  } finally {
    delete process.env.LITELLM_SOCKET;
    await running?.stop();
    running = undefined;
    proxy.close();
  }
});
