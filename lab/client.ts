import { systemClock } from '../src/core/clock.js';
import type { ElizaNetError } from '../src/core/elizanet-error.js';
import { isElizaNetError } from '../src/core/elizanet-error.js';
import { ELIZANET_ADVICE, ELIZANET_NAME } from '../src/endpoint-advice.js';
import { asEvents } from '../src/http/as-events.js';
import { asJson } from '../src/http/as-json.js';
import { Endpoint, type EndpointOptions } from '../src/http/endpoint.js';
import { request } from '../src/http/request.js';
import { createFetchTransport } from '../src/http/transport/fetch-transport.js';
import type { Connection, Transport } from '../src/http/transport/transport.js';
import { createUndiciTransport } from '../src/http/transport/undici-transport.js';
import { ChatTextStream } from '../src/models/chat/chat-text-stream.js';
import type { ChatStreamEnd } from '../src/openai/chat-reader.js';
import { chatCompletion } from '../src/openai/schemas.js';

export const PATH = '/v1/chat/completions';
const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };

export interface CallOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
  limitBytes?: number;
}

/** An endpoint without a runtime, named as ElizaNet's is. No jitter unless a test passes its own `random`. */
export function createEndpoint(baseUrl: string, options: Partial<EndpointOptions> = {}): Endpoint {
  const defaults = {
    name: ELIZANET_NAME,
    advice: ELIZANET_ADVICE,
    maxConcurrency: 4,
    clock: systemClock,
    random: () => 0,
  };
  return new Endpoint({ baseUrl, ...defaults, ...options });
}

/** The transport of this runtime, and a promise that resolves when the headers of its first response have arrived. */
export function watchedTransport(): { transport: Transport; answered: Promise<void> } {
  let resolveAnswered = () => {};
  const answered = new Promise<void>((resolve) => {
    resolveAnswered = resolve;
  });
  const create = process.versions.bun ? createFetchTransport() : createUndiciTransport();
  const transport = () => {
    const connection = create();
    const exchange: Connection['exchange'] = async (...args) => {
      const answer = await connection.exchange(...args);
      resolveAnswered();
      return answer;
    };
    return { exchange, destroy: () => connection.destroy() };
  };
  return { transport, answered };
}

/** A plain chat call. @returns the answer's text */
export async function ask(endpoint: Endpoint, options: CallOptions = {}): Promise<string> {
  const { timeoutMs = 10_000, signal, limitBytes } = options;
  const { value } = await request(
    endpoint,
    { path: PATH, body, timeoutMs, signal },
    asJson(chatCompletion, limitBytes),
  );
  return value.choices[0]?.message.content ?? '';
}

/** A streamed chat call, read as the models read it. */
export async function openStream(endpoint: Endpoint, { timeoutMs = 10_000, signal }: CallOptions = {}) {
  const input = { path: PATH, body: { ...body, stream: true }, timeoutMs, signal };
  const { value: events } = await request(endpoint, input, asEvents);
  return { chunks: new ChatTextStream(events) };
}

/** Reads a stream to its end. @returns its text, and the error it ended with, if any. */
export async function readStream(
  endpoint: Endpoint,
  options?: CallOptions,
): Promise<{ text: string; error: ElizaNetError | undefined; end?: ChatStreamEnd }> {
  let text = '';
  try {
    const { chunks } = await openStream(endpoint, options);
    for await (const chunk of chunks) text += chunk;
    const { end } = await chunks.settled;
    return { text, error: undefined, end };
  } catch (error) {
    if (!isElizaNetError(error)) throw error;
    return { text, error };
  }
}

/** @returns the error that a call fails with. @throws unless it fails with an error of the plugin. */
export async function failureOf(promise: Promise<unknown>): Promise<ElizaNetError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`the call answered ${JSON.stringify(outcome.value)}`);
  if (!isElizaNetError(outcome.error)) throw outcome.error;
  return outcome.error;
}

/** The body of a chat completion with this text. */
export function answerOf(text: string): string {
  return JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
}

/** One event of a chat stream, with this text. */
export function delta(content: string): string {
  return `data: ${JSON.stringify({ model: 'gpt-4o', choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

/** The last events of a chat stream. */
export const STREAM_END = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;
