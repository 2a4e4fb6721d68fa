import { systemClock } from '../src/core/clock.js';
import type { ElizaNetError } from '../src/core/errors.js';
import { isElizaNetError } from '../src/core/errors.js';
import { Endpoint, type EndpointOptions } from '../src/http/endpoint.js';
import { postForEvents } from '../src/http/event-stream.js';
import { postJson } from '../src/http/post-json.js';
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

/** The HTTP client without a runtime. No jitter, unless `random` is given. */
export function createEndpoint(baseUrl: string, options: Partial<EndpointOptions> = {}): Endpoint {
  return new Endpoint({ baseUrl, maxConcurrency: 4, clock: systemClock, random: () => 0, ...options });
}

/** The transport of this runtime, and a promise that resolves when it receives its first response headers. */
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

/** A chat call without streaming. @returns the text of the answer */
export async function ask(endpoint: Endpoint, { timeoutMs = 10_000, ...options }: CallOptions = {}): Promise<string> {
  const { value } = await postJson(endpoint, { path: PATH, body, schema: chatCompletion, timeoutMs, ...options });
  return value.choices[0]?.message.content ?? '';
}

/** A streamed chat call, read as the model handlers read it. */
export async function openStream(endpoint: Endpoint, { timeoutMs = 10_000, signal }: CallOptions = {}) {
  const events = await postForEvents(endpoint, { path: PATH, body: { ...body, stream: true }, timeoutMs, signal });
  return { chunks: new ChatTextStream(events, { model: body.model }) };
}

/** The text of a stream, and the error that it ends with, if any. */
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

/** The `ElizaNetError` that a call rejects with. @throws any other outcome */
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
