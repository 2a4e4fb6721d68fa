import { systemClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { maskSecret } from '../core/mask-secret.js';
import { ELIZANET_ADVICE, ELIZANET_NAME } from '../endpoint-advice.js';
import {
  type Config,
  type ResolvedConfig,
  resolveConfig,
  type SettingName,
  settingMeta,
  settingsSchema,
} from '../environment.js';
import { Endpoint } from '../http/endpoint.js';
import { type CheckResult, runChecks } from './checks.js';
import { readEnvFile } from './env-file.js';

export interface DoctorInput {
  /** The folder whose `.env` is read, if there is one. */
  cwd: string;
  /** The environment; it overrides `.env`. */
  env: NodeJS.ProcessEnv;
}

/** The doctor runs without an ElizaOS project, so no character sets anything. */
const NO_CHARACTER = { getSetting: () => null };

/**
 * Checks the settings, and the ElizaNet that they name. Yields each result as it comes; no result contains the key.
 * @returns whether calls that fail over would be answered.
 */
export async function* diagnose({ cwd, env }: DoctorInput): AsyncGenerator<CheckResult, boolean> {
  const file = readEnvFile(cwd);
  let resolved: ResolvedConfig;
  try {
    resolved = resolveConfig(NO_CHARACTER, { ...file, ...env });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.problems) yield { name: 'settings', status: 'fail', detail: problem };
    return false;
  }
  const { config, proxies, warnings } = resolved;
  const hide = hideKey(config.ELIZANET_API_KEY);
  for (const finding of checkSettings(config, warnings, env, file)) yield hide(finding);
  const endpoint = new Endpoint({
    name: ELIZANET_NAME,
    advice: ELIZANET_ADVICE,
    baseUrl: config.ELIZANET_BASE_URL,
    apiKey: config.ELIZANET_API_KEY,
    maxConcurrency: config.ELIZANET_MAX_CONCURRENCY,
    proxies,
    clock: systemClock,
  });
  let ok = true;
  try {
    for await (const result of runChecks(config, endpoint)) {
      if (result.status === 'fail') ok = false;
      yield hide(result);
    }
  } finally {
    await endpoint.close();
  }
  return ok;
}

function* checkSettings(
  config: Config,
  warnings: string[],
  env: NodeJS.ProcessEnv,
  file: Record<string, string> | undefined,
): Generator<CheckResult> {
  const isSet = (value: string | undefined) => value !== undefined && value.trim() !== '';
  const names = Object.keys(settingsSchema.shape) as SettingName[];
  const fromEnv = names.filter((name) => isSet(env[name]));
  const fromFile = names.filter((name) => !fromEnv.includes(name) && isSet(file?.[name]));
  const parts = [
    fromEnv.length > 0 && `${fromEnv.join(', ')} from the environment`,
    fromFile.length > 0 && `${fromFile.join(', ')} from .env`,
    fromEnv.length + fromFile.length === 0 ? 'every setting at its default' : 'the rest at their defaults',
  ].filter(Boolean);
  yield { name: 'settings', status: 'ok', detail: parts.join('; ') };
  for (const warning of warnings) yield { name: 'settings', status: 'warn', detail: warning };

  const unknown = Object.keys({ ...file, ...env }).filter(
    (name) => /^ELIZANET_/.test(name) && !names.includes(name as SettingName),
  );
  if (unknown.length > 0) {
    yield {
      name: 'settings',
      status: 'warn',
      detail: `there is no setting ${unknown.join(', ')}`,
      advice: 'Look for a typing error: docs/settings.md and .env.example list every setting',
    };
  }
  if (!config.ELIZANET_FALLBACK_ENABLED) {
    yield {
      name: 'settings',
      status: 'warn',
      detail: 'ELIZANET_FALLBACK_ENABLED is false: no call fails over',
      advice: 'Remove it, or set it to true',
    };
  }
  if (config.ELIZANET_BASE_URL === settingMeta('ELIZANET_BASE_URL').shownDefault) {
    yield {
      name: 'settings',
      status: 'warn',
      detail: 'ELIZANET_BASE_URL is the default: in an outage, prompts go to a public third party over plain http',
      advice: 'For private data, run your own LiteLLM and set ELIZANET_BASE_URL to it',
    };
  }
}

function hideKey(key: string | undefined): (result: CheckResult) => CheckResult {
  const hide = (text: string) => maskSecret(text, key);
  return ({ detail, advice, ...rest }) => ({
    ...rest,
    detail: hide(detail),
    ...(advice === undefined ? {} : { advice: hide(advice) }),
  });
}
