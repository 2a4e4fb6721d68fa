import { isElizaNetError } from '../core/elizanet-error.js';
import type { Config } from '../environment.js';
import { asEvents } from '../http/as-events.js';
import { asJson } from '../http/as-json.js';
import type { Endpoint } from '../http/endpoint.js';
import { invalidResponse } from '../http/invalid-response.js';
import { request } from '../http/request.js';
import { ChatTextStream } from '../models/chat/chat-text-stream.js';
import { asChatAnswer } from '../openai/as-chat-answer.js';
import { readVectors } from '../openai/embedding-vectors.js';
import { embeddingList } from '../openai/schemas.js';
import { adviceFor } from './advice.js';
import type { CheckId, CheckResult, Finding } from './check-result.js';
import { describeFailure, upstreamWords } from './upstream-words.js';

/** A model that is asked, with the setting that names it. */
export interface ModelCheck {
  id: CheckId;
  name: string;
  setting: 'ELIZANET_SMALL_MODEL' | 'ELIZANET_LARGE_MODEL' | 'ELIZANET_EMBEDDING_MODEL';
  ask(model: string, config: Config, endpoint: Endpoint): Promise<Finding>;
}

export const SMALL: ModelCheck = {
  id: 'small-model',
  name: 'small model',
  setting: 'ELIZANET_SMALL_MODEL',
  ask: askChat,
};
export const LARGE: ModelCheck = {
  id: 'large-model',
  name: 'large model, streamed',
  setting: 'ELIZANET_LARGE_MODEL',
  ask: askForStream,
};
export const EMBEDDING: ModelCheck = {
  id: 'embedding',
  name: 'embedding',
  setting: 'ELIZANET_EMBEDDING_MODEL',
  ask: askForVector,
};

const PROMPT = 'Answer with the single word: hello';
/** From here on, a few calls take as long as an ElizaOS server waits for the answer to a message. */
const SLOW_MS = 5_000;

export interface AskedModel {
  result: CheckResult;
  /** Why the model did not answer. */
  error?: unknown;
}

/** Asks one model. Never throws. */
export async function askModel(
  { id, name, setting, ask }: ModelCheck,
  config: Config,
  endpoint: Endpoint,
  proxy?: URL,
): Promise<AskedModel> {
  const model = config[setting];
  const startedAt = endpoint.clock.now();
  const result = (finding: Finding): CheckResult => {
    const detail = `${model} (${setting}): ${finding.detail}`;
    return { id, name, ...finding, detail, durationMs: endpoint.clock.now() - startedAt };
  };
  try {
    const answered = result(await ask(model, config, endpoint));
    const { status, durationMs = 0 } = answered;
    const advice = status === 'ok' ? adviceOnSlowness(durationMs, config.ELIZANET_TIMEOUT) : undefined;
    return { result: advice ? { ...answered, status: 'warn', advice } : answered };
  } catch (error) {
    const advice = adviceFor(error, { baseUrl: config.ELIZANET_BASE_URL, proxy, setting });
    // The model is named once.
    const detail = describeFailure(error).replace(` for model ${JSON.stringify(model)}`, '');
    return { error, result: result({ status: 'fail', detail, advice }) };
  }
}

/** Advice about an answer that took long; undefined when it did not. */
export function adviceOnSlowness(durationMs: number, timeoutMs: number): string | undefined {
  if (durationMs >= SLOW_MS) {
    return 'Use a faster model: an ElizaOS server gives up on a message after 30 s, and a message takes two or three calls';
  }
  if (durationMs < timeoutMs / 2) return undefined;
  return 'That is more than half of ELIZANET_TIMEOUT for a very short answer: raise it, or use a faster model';
}

/** True for an endpoint that has no such path, or says that it cannot embed, as llama.cpp does without `--embeddings`. */
export function lacksEmbeddings(error: unknown): boolean {
  return (
    isUnknownPath(error) ||
    /\bnot support(?:ed)? embeddings?\b|\bembeddings? (?:is|are) not (?:supported|enabled)/i.test(upstreamWords(error))
  );
}

/** True when the endpoint has no such path: 404 without a word of a model, 405 or 501. */
export function isUnknownPath(error: unknown): boolean {
  if (!isElizaNetError(error)) return false;
  const { statusCode, kind } = error;
  return statusCode === 405 || statusCode === 501 || (statusCode === 404 && kind === 'request');
}

async function askChat(model: string, { ELIZANET_TIMEOUT }: Config, endpoint: Endpoint): Promise<Finding> {
  const body = { model, messages: [{ role: 'user', content: PROMPT }] };
  const input = { path: '/v1/chat/completions', body, timeoutMs: ELIZANET_TIMEOUT };
  const { value } = await request(endpoint, input, asChatAnswer);
  if (value.text) return { status: 'ok', detail: 'answers' };
  return {
    status: 'fail',
    detail: 'answered without text',
    advice: 'Set ELIZANET_SMALL_MODEL to another model',
  };
}

async function askForStream(model: string, { ELIZANET_TIMEOUT }: Config, endpoint: Endpoint): Promise<Finding> {
  const startedAt = endpoint.clock.now();
  const body = { model, messages: [{ role: 'user', content: PROMPT }], stream: true };
  const input = { path: '/v1/chat/completions', body, timeoutMs: ELIZANET_TIMEOUT };
  const { value: events } = await request(endpoint, input, asEvents);
  let firstMs: number | undefined;
  for await (const _ of new ChatTextStream(events)) {
    firstMs ??= endpoint.clock.now() - startedAt;
  }
  return { status: 'ok', detail: `streams, first text after ${firstMs} ms` };
}

async function askForVector(model: string, config: Config, endpoint: Endpoint): Promise<Finding> {
  const wanted: number = config.ELIZANET_EMBEDDING_DIMENSIONS;
  const widthOf = async (dimensions?: number) => {
    const body = { model, input: PROMPT, ...(dimensions ? { dimensions } : {}) };
    const input = { path: '/v1/embeddings', body, timeoutMs: config.ELIZANET_TIMEOUT };
    const { value, context } = await request(endpoint, input, asJson(embeddingList));
    const [vector] = readVectors(value, 1, context) ?? [];
    if (vector instanceof Error) throw vector;
    if (!vector) throw invalidResponse('answered one text with another number of vectors', context);
    return vector.length;
  };
  const width = await widthOf();
  if (width === wanted) return { status: 'ok', detail: `gives ${width} dimensions` };
  // As the plugin does: request the configured width. Not every model supports it.
  const shortened = await widthOf(wanted).catch(() => undefined);
  if (shortened === wanted) return { status: 'ok', detail: `gives ${width} dimensions, and ${wanted} on request` };
  return {
    status: 'fail',
    detail: `gives ${width} dimensions, ELIZANET_EMBEDDING_DIMENSIONS is ${wanted}`,
    advice: `Set ELIZANET_EMBEDDING_MODEL to the model that embedded your agent's memories; for an agent without memories, set ELIZANET_EMBEDDING_DIMENSIONS=${width}`,
  };
}
