import { isElizaNetError } from '../core/elizanet-error.js';
import type { Config } from '../environment.js';
import type { Endpoint } from '../http/endpoint.js';
import { checkHealth, type Health } from '../openai/check-health.js';
import { adviceFor, providerKeyAdvice } from './advice.js';
import {
  type AskedModel,
  askModel,
  EMBEDDING,
  isUnknownPath,
  LARGE,
  lacksEmbeddings,
  type ModelCheck,
  SMALL,
} from './check-models.js';
import type { CheckId, CheckResult, Finding } from './check-result.js';
import { speaksTls } from './speaks-tls.js';
import { codeOf, describeFailure } from './upstream-words.js';

const MODEL_SETTINGS = [
  'ELIZANET_SMALL_MODEL',
  'ELIZANET_LARGE_MODEL',
  'ELIZANET_EMBEDDING_MODEL',
  'ELIZANET_IMAGE_MODEL',
] as const;
/** Longest list of models that is shown. */
const LISTED_MODELS = 12;
const TRY_HTTPS = 'That port speaks TLS: use https:// instead of http:// in ELIZANET_BASE_URL';

/** The checks of an endpoint that answers, in their order. */
const CHECKS: readonly (readonly [CheckId, string])[] = [
  ['key', 'key'],
  ['models', 'models'],
  ...[SMALL, LARGE, EMBEDDING].map(({ id, name }) => [id, name] as const),
];

/**
 * Checks that an ElizaNet can take over in an outage: it is reachable, accepts the key, has the models, answers,
 * streams and embeds. Costs two short answers and one embedding. Never throws.
 * @param proxy the proxy that its requests go through.
 */
export async function* runChecks(config: Config, endpoint: Endpoint, proxy?: URL): AsyncGenerator<CheckResult> {
  const startedAt = endpoint.clock.now();
  const health = await checkHealth(endpoint, { timeoutMs: config.ELIZANET_TIMEOUT });
  const durationMs = endpoint.clock.now() - startedAt;
  const ask = (check: ModelCheck) => askModel(check, config, endpoint, proxy);
  // An endpoint may list no models, or not to this key, and answer nevertheless.
  const first = refusesList(health.error) ? await ask(SMALL) : undefined;
  const answers = first ? !isUnknownPath(first.error) : health.reachable;
  if (!answers) {
    yield { ...(await unreachable(health.error, config, proxy)), durationMs };
    yield* skipFrom('key');
    return;
  }
  yield { id: 'reachable', name: 'reachable', status: 'ok', detail: config.ELIZANET_BASE_URL, durationMs };
  const key = checkKey(config, first ? first.error : health.error, proxy);
  yield { id: 'key', name: 'key', ...key };
  if (key.status === 'fail') {
    yield* skipFrom('models');
    return;
  }
  yield { id: 'models', name: 'models', ...checkModels(config, health) };
  const small = first ?? (await ask(SMALL));
  yield small.result;
  const large = await ask(LARGE);
  yield large.result;
  yield judgeEmbedding(await ask(EMBEDDING), [small, large]);
}

function* skipFrom(id: CheckId): Generator<CheckResult> {
  for (const [id_, name] of CHECKS.slice(CHECKS.findIndex(([other]) => other === id))) {
    yield { id: id_, name, status: 'skipped', detail: 'not checked, because of the failure above' };
  }
}

/** True when the endpoint answered that it has no list of models, or none for this key. */
function refusesList(error: unknown): boolean {
  return isUnknownPath(error) || (isElizaNetError(error) && error.statusCode === 403 && error.kind === 'auth');
}

async function unreachable(error: unknown, config: Config, proxy: URL | undefined): Promise<CheckResult> {
  const address = new URL(config.ELIZANET_BASE_URL);
  const mayBeTls = address.protocol === 'http:' && !proxy && isElizaNetError(error) && isAnswered(error);
  const advice =
    mayBeTls && (await speaksTls(address)) ? TRY_HTTPS : adviceFor(error, { baseUrl: address.href, proxy });
  return { id: 'reachable', name: 'reachable', status: 'fail', detail: describeFailure(error), advice };
}

/** False when there is no server to ask again. */
function isAnswered(error: Error): boolean {
  return !/NOTFOUND|EAI_|REFUSED|UNREACH/i.test(codeOf(error) ?? '');
}

/** @param error what the first request failed with, if it did. */
function checkKey({ ELIZANET_API_KEY, ELIZANET_BASE_URL }: Config, error: unknown, proxy: URL | undefined): Finding {
  const isRefused = isElizaNetError(error) && error.kind === 'auth' && !providerKeyAdvice(error);
  if (!isRefused) return { status: 'ok', detail: ELIZANET_API_KEY ? 'accepted' : 'not set, and not required' };
  const status = error.statusCode ? ` (${error.statusCode})` : '';
  const detail = `${ELIZANET_API_KEY ? 'refused' : 'not set, but required'}${status}`;
  return { status: 'fail', detail, advice: adviceFor(error, { baseUrl: ELIZANET_BASE_URL, proxy }) };
}

/** Warns only: an endpoint may serve models that it does not list. The later checks call them. */
function checkModels(config: Config, { models, error }: Health): Finding {
  if (!models) {
    return {
      status: 'warn',
      detail: isElizaNetError(error)
        ? `not listed: GET /v1/models answered ${error.statusCode}`
        : 'GET /v1/models returned no list of models',
      advice: 'If the models below answer, nothing is to be done; the names of the others cannot be checked',
    };
  }
  const listed = [...new Set(models)];
  const missing = new Map<string, string[]>();
  for (const name of MODEL_SETTINGS) {
    const model = config[name];
    if (!listed.includes(model)) missing.set(model, [...(missing.get(model) ?? []), name]);
  }
  if (missing.size === 0) return { status: 'ok', detail: `all ${MODEL_SETTINGS.length} configured models are listed` };
  const shown = listed.slice(0, LISTED_MODELS).join(', ') || 'nothing';
  const more = listed.length > LISTED_MODELS ? ` and ${listed.length - LISTED_MODELS} more` : '';
  const names = [...missing].map(([model, settings]) => `${model} (${settings.join(', ')})`);
  return {
    status: 'warn',
    detail: `not listed: ${names.join(', ')}`,
    advice: `Set the named settings to models that it serves: it lists ${shown}${more}`,
  };
}

/** Without embeddings an endpoint can still answer texts and objects, so that is a warning if it does. */
function judgeEmbedding({ result, error }: AskedModel, texts: readonly AskedModel[]): CheckResult {
  if (!lacksEmbeddings(error)) return result;
  return {
    ...result,
    status: texts.some(({ result }) => result.status !== 'fail') ? 'warn' : 'fail',
    advice:
      'It serves no embeddings: in an outage texts are answered, and memories are neither stored nor found unless your embedding provider is another one',
  };
}
