import { inspect } from 'node:util';
import { context, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { callRoute } from '../../lab/call-route.js';
import { createGuarded, type Guarded, primary } from '../../lab/guarded.js';
import { type LogLine, logLines } from '../../lab/log-lines.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { getCallRecords, getFailoverStatus, isElizaNetError } from '../../src/index.js';

/** In every prompt, answer, tool argument and key. */
const MARKER = 'marker7f3a9c';
const PAGES = ['/metrics', '/status', '/history', '/dashboard'];

const exporter = new InMemorySpanExporter();
let guarded: Guarded;
let lines: LogLine[];

afterEach(async () => {
  await guarded.stop();
  exporter.reset();
  trace.disable();
  context.disable();
});

/** Errors as SDKs throw them: they quote the request and the answer. */
function quotingError(statusCode: number): Error {
  const message = `Bad request: the prompt "${MARKER}" of key sk-${MARKER} was refused`;
  return Object.assign(new Error(message), { statusCode, requestBodyValues: { prompt: MARKER }, responseBody: MARKER });
}

async function start(): Promise<void> {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  guarded = await createGuarded({
    plugins: [
      primary({
        TEXT_SMALL: () => Promise.reject(quotingError(503)),
        TEXT_LARGE: () => Promise.reject(quotingError(429)),
        OBJECT_SMALL: () => Promise.reject(quotingError(401)),
        TEXT_EMBEDDING: () => Promise.reject(quotingError(500)),
      }),
    ],
    secrets: { ELIZANET_API_KEY: `sk-${MARKER}` },
    settings: { ELIZANET_NOTIFY: 'event', ELIZANET_FAILURE_THRESHOLD: 1000, ELIZANET_CACHE_TTL: 60_000 },
    elizaNet: { text: `An answer with ${MARKER}`, object: { [MARKER]: MARKER } },
  });
  lines = logLines(guarded.runtime);
}

/** Every kind of call, its errors collected. */
async function callEverything(): Promise<unknown[]> {
  const { runtime } = guarded;
  const tools = { look: { description: MARKER, parameters: { type: 'object', properties: { [MARKER]: {} } } } };
  const calls: [string, object][] = [
    ['TEXT_SMALL', { prompt: MARKER, system: MARKER, tools }],
    ['TEXT_LARGE', { prompt: MARKER, onStreamChunk: () => {} }],
    ['TEXT_LARGE', { prompt: MARKER, temperature: 0 }],
    ['OBJECT_SMALL', { prompt: MARKER, schema: { type: 'object', required: [MARKER] } }],
    ['TEXT_EMBEDDING', { text: MARKER }],
    ['IMAGE', { prompt: MARKER }],
    ['IMAGE_DESCRIPTION', { imageUrl: `https://images.invalid/${MARKER}.png`, prompt: MARKER }],
    ['TEXT_TOKENIZER_ENCODE', { prompt: MARKER, modelType: 'TEXT_SMALL' }],
  ];
  const errors: unknown[] = [];
  for (const [modelType, params] of calls) {
    await (runtime.useModel(modelType as 'TEXT_SMALL', params as { prompt: string }) as Promise<unknown>).catch(
      (error) => errors.push(error),
    );
  }
  return errors;
}

/** The plugin's own words of an error. A primary's error in `cause` or `errors` is the primary's own, as it was thrown. */
function wordsOf(error: Error): string {
  const { message, stack } = error;
  const isAllOurs = error.cause === undefined || isElizaNetError(error.cause);
  return [message, stack, JSON.stringify(error), isAllOurs ? inspect(error, { depth: 20 }) : ''].join('\n');
}

async function everythingShown(): Promise<Record<string, string>> {
  const { runtime, events } = guarded;
  const pages = await Promise.all(PAGES.map(async (path) => [path, (await callRoute(runtime, path)).body] as const));
  const payloads = events.map(({ name, payload: { runtime: _, ...payload } }) => [name, payload]);
  return {
    ...Object.fromEntries(pages),
    'log lines': inspect(lines, { depth: 20 }),
    events: inspect(payloads, { depth: 20 }),
    records: JSON.stringify(getCallRecords(runtime)),
    status: inspect(getFailoverStatus(runtime), { depth: 20 }),
    spans: inspect(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      { depth: 20 },
    ),
  };
}

const FAULTS: [string, Fault][] = [
  ['answers', { kind: 'none' }],
  ['refuses the key', { kind: 'status', status: 401, body: `{"error":{"message":"key sk-${MARKER} and ${MARKER}"}}` }],
  ['quotes the prompt in an error', { kind: 'status', status: 400, body: `{"error":{"message":"${MARKER}"}}` }],
  ['fails with a page that quotes the prompt', { kind: 'status', status: 500, body: `<h1>${MARKER}</h1>` }],
  ['drops the connection', { kind: 'drop' }],
];

it.each(FAULTS)('shows no prompt, answer, tool argument or key when ElizaNet %s', async (_, fault) => {
  await start();
  await callEverything();
  guarded.elizaNet.fault = fault;
  const errors = await callEverything();
  const shown = await everythingShown();
  expect(Object.values(shown).every((text) => text.length > 10)).toBe(true);
  for (const [place, text] of Object.entries(shown)) expect(text.includes(MARKER), place).toBe(false);
  for (const error of errors) expect(wordsOf(error as Error)).not.toContain(MARKER);
});
