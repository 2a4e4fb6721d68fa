import { isElizaNetError } from '../core/errors.js';
import type { Config, SettingName } from '../environment.js';
import { asEvents } from '../http/as-events.js';
import { asJson } from '../http/as-json.js';
import type { Endpoint } from '../http/endpoint.js';
import { request } from '../http/request.js';
import { ChatTextStream } from '../models/chat/chat-text-stream.js';
import { asChatAnswer } from '../openai/as-chat-answer.js';
import { checkHealth } from '../openai/check-health.js';
import { readVectors } from '../openai/embedding-vectors.js';
import { embeddingList } from '../openai/schemas.js';
import { adviceFor, describeFailure } from './advice.js';

export interface CheckResult {
  /** Name of the check, such as `reachable`. */
  name: string;
  /** `fail`: calls that fail over will not be answered. `warn`: they will, but something should be checked. */
  status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** What was found. Contains no key. */
  detail: string;
  /** What to do about it. */
  advice?: string;
  /** In milliseconds. */
  durationMs?: number;
}

type Finding = Omit<CheckResult, 'name' | 'durationMs'>;

const PROMPT = 'Answer with the single word: hello';
const MODEL_SETTINGS = [
  'ELIZANET_SMALL_MODEL',
  'ELIZANET_LARGE_MODEL',
  'ELIZANET_EMBEDDING_MODEL',
  'ELIZANET_IMAGE_MODEL',
] as const;
/** Longest list of models that is shown. */
const LISTED_MODELS = 12;

/**
 * Checks that an ElizaNet can take over in an outage: it is reachable, accepts the key, has the models, answers,
 * streams and embeds. Costs two short answers and one embedding. Never throws.
 */
export async function* runChecks(config: Config, endpoint: Endpoint): AsyncGenerator<CheckResult> {
  const startedAt = endpoint.clock.now();
  const health = await checkHealth(endpoint, config.ELIZANET_TIMEOUT);
  const durationMs = endpoint.clock.now() - startedAt;
  if (!health.reachable) {
    const { error } = health;
    yield {
      name: 'reachable',
      status: 'fail',
      detail: describeFailure(error),
      advice: adviceFor(error, config),
      durationMs,
    };
    for (const name of ['key', 'models', 'small model', 'large model, streamed', 'embedding']) yield skipped(name);
    return;
  }
  yield { name: 'reachable', status: 'ok', detail: config.ELIZANET_BASE_URL, durationMs };
  yield { name: 'key', ...checkKey(config, health.key, health.error) };
  if (health.key === 'refused') {
    for (const name of ['models', 'small model', 'large model, streamed', 'embedding']) yield skipped(name);
    return;
  }
  yield { name: 'models', ...checkModels(config, health.models) };
  yield await timed('small model', config, endpoint, checkChat);
  yield await timed('large model, streamed', config, endpoint, checkStream);
  yield await timed('embedding', config, endpoint, checkEmbedding);
}

function skipped(name: string): CheckResult {
  return { name, status: 'skipped', detail: 'not checked, because of the failure above' };
}

async function timed(
  name: string,
  config: Config,
  endpoint: Endpoint,
  check: (config: Config, endpoint: Endpoint) => Promise<Finding>,
): Promise<CheckResult> {
  const startedAt = endpoint.clock.now();
  const tookMs = () => endpoint.clock.now() - startedAt;
  try {
    const finding = await check(config, endpoint);
    const durationMs = tookMs();
    if (finding.status !== 'ok' || durationMs < config.ELIZANET_TIMEOUT / 2) return { name, ...finding, durationMs };
    const advice =
      'That is more than half of ELIZANET_TIMEOUT for a very short answer: raise it, or use a faster model';
    return { name, ...finding, status: 'warn', advice, durationMs };
  } catch (error) {
    const detail = describeFailure(error);
    return { name, status: 'fail', detail, advice: adviceFor(error, config), durationMs: tookMs() };
  }
}

function checkKey({ ELIZANET_API_KEY }: Config, key: 'accepted' | 'refused' | 'unknown', error: unknown): Finding {
  if (key === 'refused') {
    return {
      status: 'fail',
      detail: `${ELIZANET_API_KEY ? 'refused' : 'not set, but required'}${statusOf(error)}`,
      advice: 'Set ELIZANET_API_KEY to a key that this endpoint accepts',
    };
  }
  return { status: 'ok', detail: ELIZANET_API_KEY ? 'accepted' : 'not set, and not required' };
}

function statusOf(error: unknown): string {
  return isElizaNetError(error) && error.statusCode ? ` (${error.statusCode})` : '';
}

/** Warns only: an endpoint may serve models that it does not list. The later checks call them. */
function checkModels(config: Config, listed: string[] | undefined): Finding {
  if (!listed) {
    return {
      status: 'warn',
      detail: 'GET /v1/models returned no list of models',
      advice: 'Make sure that ELIZANET_BASE_URL is the address of an OpenAI-compatible API such as LiteLLM',
    };
  }
  const missing = MODEL_SETTINGS.filter((name) => !listed.includes(config[name]));
  if (missing.length === 0)
    return { status: 'ok', detail: `all ${MODEL_SETTINGS.length} configured models are listed` };
  const shown = listed.slice(0, LISTED_MODELS).join(', ') || 'nothing';
  const more = listed.length > LISTED_MODELS ? ` and ${listed.length - LISTED_MODELS} more` : '';
  return {
    status: 'warn',
    detail: `not listed: ${missing.map((name) => `${config[name]} (${name})`).join(', ')}`,
    advice: `Set ${missing.join(', ')} to a model that it serves: it lists ${shown}${more}`,
  };
}

async function checkChat(config: Config, endpoint: Endpoint): Promise<Finding> {
  const model = config.ELIZANET_SMALL_MODEL;
  const body = { model, messages: [{ role: 'user', content: PROMPT }] };
  const input = { path: '/v1/chat/completions', body, timeoutMs: config.ELIZANET_TIMEOUT };
  const { value } = await request(endpoint, input, asChatAnswer);
  if (value.text) return { status: 'ok', detail: `${model} answers` };
  return { status: 'fail', detail: `${model} answered without text`, advice: takeAnother('ELIZANET_SMALL_MODEL') };
}

async function checkStream(config: Config, endpoint: Endpoint): Promise<Finding> {
  const model = config.ELIZANET_LARGE_MODEL;
  const startedAt = endpoint.clock.now();
  const body = { model, messages: [{ role: 'user', content: PROMPT }], stream: true };
  const input = { path: '/v1/chat/completions', body, timeoutMs: config.ELIZANET_TIMEOUT };
  const { value: events } = await request(endpoint, input, asEvents);
  let firstMs: number | undefined;
  for await (const _ of new ChatTextStream(events)) {
    firstMs ??= endpoint.clock.now() - startedAt;
  }
  return { status: 'ok', detail: `${model} streams, first text after ${firstMs} ms` };
}

async function checkEmbedding(config: Config, endpoint: Endpoint): Promise<Finding> {
  const model = config.ELIZANET_EMBEDDING_MODEL;
  const wanted: number = config.ELIZANET_EMBEDDING_DIMENSIONS;
  const widthOf = async (dimensions?: number) => {
    const body = { model, input: PROMPT, ...(dimensions ? { dimensions } : {}) };
    const input = { path: '/v1/embeddings', body, timeoutMs: config.ELIZANET_TIMEOUT };
    const { value, context } = await request(endpoint, input, asJson(embeddingList));
    const [vector] = readVectors(value, 1, context) ?? [];
    if (vector instanceof Error) throw vector;
    return vector?.length;
  };
  const width = await widthOf();
  if (width === wanted) return { status: 'ok', detail: `${model} gives ${width} dimensions` };
  // As the plugin does: request the configured width. Not every model supports it.
  const shortened = await widthOf(wanted).catch(() => undefined);
  if (shortened === wanted)
    return { status: 'ok', detail: `${model} gives ${width} dimensions, and ${wanted} on request` };
  return {
    status: 'fail',
    detail: `${model} gives ${width} dimensions, ELIZANET_EMBEDDING_DIMENSIONS is ${wanted}`,
    advice: `Set ELIZANET_EMBEDDING_MODEL to the model that embedded your agent's memories; for an agent without memories, set ELIZANET_EMBEDDING_DIMENSIONS=${width}`,
  };
}

function takeAnother(setting: SettingName): string {
  return `Set ${setting} to another model`;
}
