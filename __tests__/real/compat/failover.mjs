/**
 * Tests failover with the installed core, on the runtime that runs this file. Plain JavaScript, so that it needs only
 * the packed plugin. Prints one line of JSON; run by compat.test.ts.
 *
 * Has its own primary: published providers do not load on every Node that the plugin supports.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { AgentRuntime } from '@elizaos/core';
import elizaNet, { AllProvidersFailedError, getLastAttempts } from '@elizaos/plugin-elizanet-fallback';

const ANSWER = 'ElizaNet answers this one.';
const VECTOR = Array.from({ length: 1536 }, (_, i) => Math.sin(i + 1));
const LONG_MS = 20_000;

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

/** Acts as ElizaNet, and under /primary as a provider that always answers 429. */
const asked = { elizaNet: 0, primary: 0 };
let elizaNetStatus = 200;
const server = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  if (request.url === '/primary') {
    asked.primary++;
    response.writeHead(429, { 'retry-after': '9' }).end('{}');
    return;
  }
  asked.elizaNet++;
  const body = text ? JSON.parse(text) : {};
  if (elizaNetStatus !== 200) {
    response.writeHead(elizaNetStatus).end('{}');
  } else if (body.stream) {
    const event = (choice) => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
    const pieces = ANSWER.split(/(?<= )/).map((content) => event({ delta: { content } }));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${pieces.join('')}${event({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
  } else {
    const choices = [{ message: { content: ANSWER }, finish_reason: 'stop' }];
    response.end(JSON.stringify(request.url.endsWith('/embeddings') ? { data: [{ embedding: VECTOR }] } : { choices }));
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

/** The primary's handler for the next call. */
let behave = () => 'The primary answers.';
const text = async (_runtime, params) => behave(params);
const primary = {
  name: 'primary',
  description: 'Fails in several ways',
  models: { TEXT_SMALL: text, TEXT_LARGE: text, TEXT_EMBEDDING: text },
};

/** Each case has its own runtime, so that all circuits start closed. */
async function inRuntime(settings, run) {
  const adapter = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : async () => undefined) });
  const character = { name: 'Compat', bio: [], settings: { ELIZANET_BASE_URL: url, ...settings } };
  const runtime = new AgentRuntime({ character, adapter, settings: {} });
  await runtime.registerPlugin(primary);
  await runtime.registerPlugin(elizaNet);
  // As `initialize` does at its end: services wait for it, for up to 30 s.
  runtime.initResolver?.();
  runtime.initResolver = undefined;
  await runtime.getServiceLoadPromise?.('elizanet-fallback');
  const collected = [];
  const ask = (type, params = {}) => runtime.useModel(type, { prompt: 'Hello', ...params });
  await run({ runtime, ask, chunks: collected, onStreamChunk: (chunk) => void collected.push(chunk) });
  await runtime.stop();
  assert.equal(Object.hasOwn(runtime, 'useModel'), false, 'the guard is still installed after the stop');
}

function failWith(statusCode) {
  throw Object.assign(new Error('The provider says no'), { statusCode });
}

const cases = {
  'a healthy primary': () =>
    inRuntime({}, async ({ ask, chunks, onStreamChunk }) => {
      behave = () => 'The primary answers.';
      const before = asked.elizaNet;
      assert.equal(await ask('TEXT_LARGE'), 'The primary answers.');
      behave = () => stream(['The primary ', 'streams.'], 'stop');
      assert.equal(await ask('TEXT_LARGE', { onStreamChunk }), 'The primary streams.');
      assert.deepEqual(chunks, ['The primary ', 'streams.']);
      assert.equal(asked.elizaNet, before);
    }),

  'a thrown status': () =>
    inRuntime({}, async ({ ask, runtime }) => {
      behave = () => failWith(503);
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
      assert.deepEqual(
        getLastAttempts(runtime).map(({ provider, outcome }) => `${provider} ${outcome}`),
        ['primary failed', 'elizanet-fallback answered'],
      );
    }),

  'a 429 on the wire, while the primary waits to retry': () =>
    inRuntime({}, async ({ ask, runtime }) => {
      behave = async () => {
        const { status } = await fetch(`${url}/primary`);
        await new Promise((resolve) => setTimeout(resolve, LONG_MS).unref());
        failWith(status);
      };
      const startedAt = performance.now();
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
      const took = performance.now() - startedAt;
      assert.ok(took < LONG_MS / 4, `answered after ${Math.round(took)} ms: no failover on the wire signal`);
      const [first] = getLastAttempts(runtime);
      assert.equal(first.failure.statusCode, 429);
      assert.equal(first.failure.retryAfterMs, 9_000);
    }),

  'an empty stream that leaves rejections behind': () =>
    inRuntime({}, async ({ ask, chunks, onStreamChunk }) => {
      behave = () => stream([], new Error('No output generated'));
      assert.equal(await ask('TEXT_LARGE', { onStreamChunk }), ANSWER);
      assert.equal(chunks.join(''), ANSWER);
    }),

  'a stream that is cut': () =>
    inRuntime({}, async ({ ask, chunks, onStreamChunk }) => {
      behave = () => stream(['Half an '], 'unknown');
      assert.equal(await ask('TEXT_LARGE', { onStreamChunk }), ANSWER);
      assert.deepEqual(chunks, ['Half an ']);
    }),

  'a stream that the caller reads': () =>
    inRuntime({}, async ({ ask }) => {
      behave = () => failWith(500);
      const { textStream } = await ask('TEXT_LARGE', { stream: true });
      let read = '';
      for await (const chunk of textStream) read += chunk;
      assert.equal(read, ANSWER);
    }),

  'a hang': () =>
    inRuntime({ ELIZANET_PRIMARY_TIMEOUT: 200 }, async ({ ask }) => {
      behave = () => new Promise(() => {});
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
    }),

  'a placeholder vector': () =>
    inRuntime({}, async ({ ask }) => {
      behave = () => [0.4, ...Array(1535).fill(0)];
      const vector = await ask('TEXT_EMBEDDING', { text: 'A memory' });
      assert.deepEqual([vector.length, vector[5]], [1536, VECTOR[5]]);
    }),

  // core 2.x falls back from TEXT_NANO to TEXT_SMALL; core 1.x does not know the type.
  'an unregistered text type': () =>
    inRuntime({}, async ({ ask, chunks, onStreamChunk }) => {
      behave = () => stream([], new Error('No output generated'));
      assert.equal(await ask('TEXT_NANO', { onStreamChunk }), ANSWER);
      assert.equal(chunks.join(''), ANSWER);
    }),

  'all providers': () =>
    inRuntime({}, async ({ ask }) => {
      behave = () => failWith(429);
      elizaNetStatus = 503;
      const error = await ask('TEXT_LARGE').then(
        () => assert.fail('answered'),
        (thrown) => thrown,
      );
      elizaNetStatus = 200;
      assert.ok(error instanceof AllProvidersFailedError);
      assert.equal(error.statusCode, 429);
    }),

  // core 2.x only: it identifies a plugin's models by their handlers, so these must be the registered ones.
  'a primary that is unloaded and loaded again': () =>
    inRuntime({}, async ({ ask, runtime, chunks, onStreamChunk }) => {
      if (!runtime.unloadPlugin) return;
      behave = () => 'The primary answers.';
      assert.equal(await ask('TEXT_LARGE'), 'The primary answers.');
      await runtime.unloadPlugin('primary');
      assert.deepEqual(
        runtime.models.get('TEXT_LARGE').map(({ provider }) => provider),
        ['elizanet-fallback'],
      );
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
      await runtime.registerPlugin(primary);
      assert.equal(await ask('TEXT_LARGE'), 'The primary answers.');
      behave = () => stream([], new Error('No output generated'));
      assert.equal(await ask('TEXT_LARGE', { onStreamChunk }), ANSWER);
      assert.equal(chunks.join(''), ANSWER);
    }),

  'the plugin itself, unloaded and loaded again': () =>
    inRuntime({}, async ({ ask, runtime }) => {
      if (!runtime.unloadPlugin) return;
      behave = () => failWith(503);
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
      await runtime.unloadPlugin('elizanet-fallback');
      await assert.rejects(ask('TEXT_LARGE'), /The provider says no/);
      await runtime.registerPlugin(elizaNet);
      await runtime.getServiceLoadPromise('elizanet-fallback');
      assert.equal(await ask('TEXT_LARGE'), ANSWER);
    }),

  // core 2.x only: LLM_MODE maps every text call to one size.
  'a call that core maps to another size': () =>
    inRuntime({ LLM_MODE: 'SMALL' }, async ({ ask, chunks, onStreamChunk }) => {
      behave = () => stream([], new Error('No output generated'));
      assert.equal(await ask('TEXT_LARGE', { onStreamChunk }), ANSWER);
      assert.equal(chunks.join(''), ANSWER);
    }),
};

/** A stream as the AI SDK returns it. @param finish its finish reason, or the error of its side promises */
function stream(pieces, finish) {
  const settled = () => (finish instanceof Error ? Promise.reject(finish) : Promise.resolve(finish));
  async function* chunks() {
    yield* pieces;
  }
  return { textStream: chunks(), text: settled(), usage: settled(), finishReason: settled() };
}

const failures = {};
for (const [name, run] of Object.entries(cases)) {
  await run().catch((error) => {
    failures[name] = error.message;
  });
}
// Unhandled rejections are reported at the end of a turn of the event loop.
for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
console.log(JSON.stringify({ passed: Object.keys(cases).length - Object.keys(failures).length, failures, unhandled }));
process.exit(0);
