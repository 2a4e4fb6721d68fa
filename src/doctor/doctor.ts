import { systemClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { maskSecret } from '../core/mask-secret.js';
import { ELIZANET_NAME } from '../endpoint-advice.js';
import { ENDPOINT_SETTINGS, settingOf } from '../endpoint-settings.js';
import { Endpoint } from '../http/endpoint.js';
import { proxyFor } from '../http/transport/proxy-settings.js';
import { type EndpointConfig, type ResolvedConfig, resolveConfig } from '../resolve-config.js';
import { type Character, CharacterError, readCharacter } from './character.js';
import type { CheckResult } from './check-result.js';
import { checkPlugins, checkSettings } from './check-settings.js';
import { runChecks } from './checks.js';
import { readBunEnvFiles, readEnvFiles } from './env-files.js';
import { printableResult } from './printable.js';
import { Sources } from './sources.js';

export interface DoctorInput {
  /** The folder that the agent is started in: its `.env` is read, those of its parents, and what Bun loads beside it. */
  cwd: string;
  /** The environment. `.env` files override it. */
  env: NodeJS.ProcessEnv;
  /** File of the character. @default none */
  character?: string;
  /** Overrides `ELIZANET_BASE_URL`. */
  url?: string;
  /** Overrides `ELIZANET_API_KEY`. */
  key?: string;
}

export interface Diagnosis {
  /** Whether calls that fail over would be answered. */
  ok: boolean;
  /** The address that was checked; undefined when a setting is invalid. */
  address?: string;
}

/**
 * Checks the settings, and the endpoints that they name. Yields each result as it comes; no result contains the key or a
 * control character.
 */
export async function* diagnose(input: DoctorInput): AsyncGenerator<CheckResult, Diagnosis> {
  const diagnosis: Diagnosis = { ok: true };
  let keys = [input.key];
  for await (const result of examine(input, ({ config, endpoints }) => {
    diagnosis.address = config.ELIZANET_BASE_URL;
    keys = endpoints.map((endpoint) => endpoint.config.ELIZANET_API_KEY);
  })) {
    if (result.status === 'fail') diagnosis.ok = false;
    yield printableResult(result, (text) => keys.reduce<string>(maskSecret, text));
  }
  return diagnosis;
}

async function* examine(
  { cwd, env, character: path, url, key }: DoctorInput,
  onConfig: (resolved: ResolvedConfig) => void,
): AsyncGenerator<CheckResult> {
  const overrides = { ELIZANET_BASE_URL: url, ELIZANET_API_KEY: key };
  const given = { overrides, files: readEnvFiles(cwd), env, bunFiles: readBunEnvFiles(cwd, env.NODE_ENV) };
  let sources = new Sources(given);
  if (path !== undefined) {
    const read = await tryRead(path, cwd, sources);
    if ('failure' in read) return yield read.failure;
    sources = new Sources({ ...given, character: read.character });
    yield* checkPlugins(read.character);
  }
  let resolved: ResolvedConfig;
  try {
    resolved = resolveConfig(sources, sources.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.problems)
      yield { id: 'setting-invalid', name: 'settings', status: 'fail', detail: problem };
    return;
  }
  onConfig(resolved);
  yield* checkSettings(resolved.config, resolved.warnings, sources);
  const [first, ...further] = resolved.endpoints;
  yield* checkEndpoint(first);
  for (const endpoint of further) {
    for await (const result of checkEndpoint(endpoint)) yield ofFurther(endpoint.number, result);
  }
}

/** Calls that fail over are answered by the first endpoint, so what is wrong with a further one is a warning. */
function ofFurther(number: number, result: CheckResult): CheckResult {
  const { name, status, detail, advice } = result;
  const numbered = (text: string) =>
    ENDPOINT_SETTINGS.reduce((all, setting) => all.replaceAll(setting, settingOf(setting, number)), text);
  return {
    ...result,
    endpoint: number,
    name: `${name} (${number})`,
    status: status === 'fail' ? 'warn' : status,
    detail: numbered(detail),
    ...(advice === undefined ? {} : { advice: numbered(advice) }),
  };
}

async function tryRead(
  path: string,
  cwd: string,
  { env }: Sources,
): Promise<{ character: Character } | { failure: CheckResult }> {
  try {
    return { character: await readCharacter(path, cwd, env) };
  } catch (error) {
    if (!(error instanceof CharacterError)) throw error;
    const detail = `${path} ${error.message}`;
    return { failure: { id: 'character', name: 'character', status: 'fail', detail, advice: error.advice } };
  }
}

async function* checkEndpoint({ config, proxies }: EndpointConfig): AsyncGenerator<CheckResult> {
  const proxy = proxies && proxyFor(new URL(config.ELIZANET_BASE_URL).origin, proxies);
  if (proxy) {
    yield { id: 'proxy', name: 'proxy', status: 'ok', detail: `requests go through ${proxy.origin}` };
  }
  // Without the endpoint's own advice: the doctor's names the setting.
  const endpoint = new Endpoint({
    name: ELIZANET_NAME,
    baseUrl: config.ELIZANET_BASE_URL,
    apiKey: config.ELIZANET_API_KEY,
    maxConcurrency: config.ELIZANET_MAX_CONCURRENCY,
    proxies,
    clock: systemClock,
  });
  try {
    yield* runChecks(config, endpoint, proxy);
  } finally {
    await endpoint.close();
  }
}
