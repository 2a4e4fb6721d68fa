import type { IAgentRuntime } from '@elizaos/core';
import { z } from 'zod';
import { ConfigurationError } from './core/errors.js';
import type { ProxySettings } from './http/transport/proxy-settings.js';
import {
  apiKey,
  baseUrl,
  choice,
  earlyFailover,
  fallbackOn,
  flag,
  MINUTE_MS,
  milliseconds,
  millisecondsOrAuto,
  optionalText,
  redisUrl,
  type SettingMeta,
  text,
  wholeNumber,
} from './setting-builders.js';

/** All settings, in the order of docs/settings.md: the specification's nine first. Each default is written only here. */
export const settingsSchema = z.object({
  ELIZANET_BASE_URL: baseUrl,
  ELIZANET_API_KEY: apiKey,
  ELIZANET_TIMEOUT: milliseconds(
    30_000,
    1,
    60 * MINUTE_MS,
    'Longest wait for an answer of ElizaNet. For a stream: for its first chunk, and between two chunks',
  ),
  ELIZANET_SMALL_MODEL: text('gpt-4o-mini', 'Model for `TEXT_SMALL` and `OBJECT_SMALL`'),
  ELIZANET_LARGE_MODEL: text('gpt-4o', 'Model for `TEXT_LARGE` and `OBJECT_LARGE`'),
  ELIZANET_EMBEDDING_MODEL: text(
    'text-embedding-3-small',
    "Model for `TEXT_EMBEDDING`. Must be the model that the agent's stored vectors were made with",
  ),
  ELIZANET_EMBEDDING_DIMENSIONS: wholeNumber(
    1536,
    [1, 65_536],
    'dimensions',
    "Length of embedding vectors. Once the primary has returned a vector, that vector's length is used instead",
  ),
  ELIZANET_IMAGE_MODEL: text('dall-e-3', 'Model for `IMAGE`'),
  ELIZANET_FALLBACK_ENABLED: flag(
    true,
    '`false` switches the plugin off: nothing fails over, and ElizaNet serves only its tokenizers',
  ),

  ELIZANET_FALLBACK_ON: fallbackOn,
  ELIZANET_PRIMARY_TIMEOUT: milliseconds(
    120_000,
    0,
    60 * MINUTE_MS,
    "Longest wait for a primary's first output; for embeddings at most 30000. `0`: no limit",
  ),
  ELIZANET_EARLY_FAILOVER: earlyFailover,
  ELIZANET_PRIMARY_IDLE_TIMEOUT: millisecondsOrAuto(
    60 * MINUTE_MS,
    "Longest wait between two chunks of a primary's stream. `auto`: learned from its own streams, 12 s until enough is known, at least 5 s. `0`: no limit",
  ),
  ELIZANET_HEDGE_AFTER: millisecondsOrAuto(
    60 * MINUTE_MS,
    'If a primary has produced no output after this time, ask the next provider as well; the first good output wins. `auto`: learned from how long that primary usually takes, 15 s until enough is known, at least 5 s. `0`: off',
  ),
  ELIZANET_PROBE_HEDGE: milliseconds(
    1_500,
    0,
    60 * MINUTE_MS,
    'The same for a probe, the call that tests whether a failed provider is back, and for other model types of a provider that hangs. `0`: as `ELIZANET_HEDGE_AFTER`',
  ),
  ELIZANET_FAILURE_THRESHOLD: wholeNumber(
    2,
    [1, 1000],
    'failures',
    "Consecutive failures that open a provider's circuit. A rate limit or an exhausted quota opens it at once",
  ),
  ELIZANET_COOLDOWN: milliseconds(
    15_000,
    1,
    24 * 60 * MINUTE_MS,
    'How long a circuit stays open before the first probe; doubled after each failed probe',
  ),
  ELIZANET_COOLDOWN_MAX: milliseconds(
    300_000,
    1,
    24 * 60 * MINUTE_MS,
    "Longest time a circuit stays open. Also the upper limit for a provider's Retry-After",
  ),
  ELIZANET_ON_INTERRUPTED: choice(
    ['complete', 'throw', 'keep'],
    'What to do when a stream is cut after its first text. `complete`: ask the next provider for the whole answer. `throw`: throw an error. `keep`: return the cut text',
  ),
  ELIZANET_EMBEDDING_ON_ERROR: choice(
    ['vector', 'throw'],
    'What to do when no provider can embed. `vector`: return a marked placeholder vector, as specified. `throw`: throw an error; recommended, because no search finds a memory stored with a placeholder',
  ),
  ELIZANET_EMBEDDING_ON_MISMATCH: choice(
    ['throw', 'allow'],
    "What to do when the embedding model that would answer in the primary's place, ElizaNet's or another provider's, differs from the primary's. `throw`: throw an error, whatever `ELIZANET_EMBEDDING_ON_ERROR` says. `allow`: return its vectors and warn once",
  ),
  ELIZANET_VISION_MODEL: text('gpt-4o-mini', 'Model for `IMAGE_DESCRIPTION`'),
  ELIZANET_TRANSCRIPTION_MODEL: text('whisper-1', 'Model for `TRANSCRIPTION`'),
  ELIZANET_TTS_MODEL: optionalText(
    'Model for `TEXT_TO_SPEECH`, such as `tts-1`. Without it, ElizaNet does not serve that type',
  ),
  ELIZANET_TTS_VOICE: text('alloy', 'Voice for `TEXT_TO_SPEECH` when the call names none'),
  ELIZANET_CACHE_TTL: milliseconds(
    0,
    0,
    365 * 24 * 60 * MINUTE_MS,
    "How long ElizaNet's answers are cached in memory: embeddings, and texts and objects with temperature 0 that are not streamed. `0`: no cache",
  ),
  ELIZANET_CACHE_PERSIST: flag(
    false,
    "Also keep the cached answers in the agent's database, so that they survive a restart. The cache keys are hashes",
  ),
  ELIZANET_MEDIA_TIMEOUT: milliseconds(
    120_000,
    1,
    60 * MINUTE_MS,
    'Longest wait for an image, a transcription or speech',
  ),
  ELIZANET_ALLOW_PRIVATE_URLS: flag(
    false,
    'Allow image and audio URLs that lead to private networks or to this machine. Switch it on only if you trust everyone who can send your agent a URL',
  ),
  ELIZANET_MAX_CONCURRENCY: wholeNumber(
    16,
    [1, 10_000],
    'requests',
    'Requests to ElizaNet in flight at one time; further requests wait',
  ),
  ELIZANET_MAX_INPUT_LENGTH: wholeNumber(
    1_000_000,
    [1, 100_000_000],
    'characters',
    'Longest prompt or text that is sent to ElizaNet; a longer one is refused with an `InvalidInputError`. In a call with messages or tools, all of their text and the system message count together',
  ),
  ELIZANET_PREFER_OWN_TOKENIZER: flag(
    false,
    "Use this plugin's tokenizers even where a primary has its own, which may rebuild its tables on every call",
  ),
  ELIZANET_NOTIFY: choice(
    ['log', 'event', 'off'],
    "Who hears that an outage begins and ends. `log`: the log. `event`: the log, and the event `ELIZANET_OUTAGE_NOTICE` for the host to pass on to the agent's operator. `off`: neither; errors and unanswered calls are logged all the same",
  ),
  ELIZANET_REDIS_URL: redisUrl,
});

export type SettingName = keyof typeof settingsSchema.shape;
export type Settings = z.output<typeof settingsSchema>;

/** Parsed once at import, so that an agent's start validates only the settings that are set. */
const DEFAULTS: Settings = settingsSchema.parse({}, { jitless: true });

/** The settings of one runtime, validated and frozen. */
export type Config = Readonly<Settings>;

/** Setting names of version 1 that are still read. */
const DEPRECATED_NAMES: Partial<Record<SettingName, string>> = {
  ELIZANET_BASE_URL: 'elizaNetUrl',
  ELIZANET_API_KEY: 'elizaNetKey',
};

/** Settings outside the environment, such as those of an `IAgentRuntime`. */
export type SettingsSource = Pick<IAgentRuntime, 'getSetting'> & Partial<Pick<IAgentRuntime, 'character'>>;

export interface ResolvedConfig {
  config: Config;
  /** Proxies of the environment. Undefined if there are none or if ElizaNet runs on this machine. */
  proxies?: ProxySettings;
  /** To be logged once, at start: deprecated names, unusable proxies, a key over plain http. */
  warnings: string[];
}

/**
 * Reads the settings of a runtime: the character's secrets, then its settings, then the environment, then defaults. A
 * blank value counts as unset.
 * @throws {ConfigurationError} with one line for each invalid setting.
 */
export function resolveConfig(source: SettingsSource, env: NodeJS.ProcessEnv = process.env): ResolvedConfig {
  const warnings: string[] = [];
  const problems: string[] = [];
  const settings: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(settingsSchema.shape) as SettingName[]) {
    const value = readSetting(source, name, env);
    const oldName = DEPRECATED_NAMES[name];
    const oldValue = value === undefined && oldName ? readSetting(source, oldName, env) : undefined;
    if (oldValue !== undefined) warnings.push(`${oldName} is deprecated, use ${name}`);
    const used = value ?? oldValue;
    if (used === undefined) continue;
    const parsed = settingsSchema.shape[name].safeParse(used);
    if (parsed.success) settings[name] = parsed.data;
    else problems.push(`${name} must be ${settingMeta(name).accepts}`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  const config: Config = Object.freeze({ ...DEFAULTS, ...(settings as Partial<Settings>) });
  const { protocol, hostname } = new URL(config.ELIZANET_BASE_URL);
  const proxies = isLoopback(hostname) ? undefined : readProxies(env, warnings);
  if (config.ELIZANET_API_KEY && protocol === 'http:' && !isLoopback(hostname)) {
    warnings.push('ELIZANET_API_KEY is sent unencrypted, because ELIZANET_BASE_URL is an http URL; use https');
  }
  return { config, proxies, warnings };
}

/** Reads `http_proxy`, `https_proxy` and `no_proxy`, also in upper case: https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent */
function readProxies(env: NodeJS.ProcessEnv, warnings: string[]): ProxySettings | undefined {
  const proxy = (name: string) => {
    const value = (env[name.toLowerCase()] ?? env[name] ?? '').trim();
    if (value === '' || isProxyUrl(value)) return value;
    warnings.push(`${name} is ignored because it is not an http or https URL with an encoded user name and password`);
    return '';
  };
  const [httpProxy, httpsProxy] = [proxy('HTTP_PROXY'), proxy('HTTPS_PROXY')];
  if (!httpProxy && !httpsProxy) return undefined;
  return { httpProxy, httpsProxy, noProxy: env.no_proxy ?? env.NO_PROXY ?? '' };
}

function isProxyUrl(value: string): boolean {
  try {
    const { protocol, username, password } = new URL(value);
    decodeURIComponent(username + password);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}

/** The documentation of a setting. */
export function settingMeta(name: SettingName): SettingMeta {
  return settingsSchema.shape[name].meta() as unknown as SettingMeta;
}

/**
 * The settings of another plugin that say which account, address and models it uses, as `NAME=value`, in a fixed order.
 * @param prefix with which its names begin, such as `OPENAI_`.
 */
export function accountSettings(source: SettingsSource, env: NodeJS.ProcessEnv, prefix: string): string[] {
  const { secrets, settings } = source.character ?? {};
  const names = [secrets, settings, settings?.secrets, env].flatMap((from) => Object.keys(from ?? {}));
  return [...new Set(names)]
    .filter((name) => name.startsWith(prefix) && /KEY|TOKEN|URL|ENDPOINT|MODEL|ORG|PROJECT|REGION/.test(name))
    .sort()
    .flatMap((name) => {
      const value = readSetting(source, name, env);
      return value === undefined ? [] : [`${name}=${value}`];
    });
}

function readSetting(source: SettingsSource, name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = source.getSetting(name) ?? falsySetting(source, name) ?? env[name];
  const written = value === null || value === undefined ? '' : String(value).trim();
  return written === '' ? undefined : written;
}

/** Finds a `false` or 0 in the character. core 1.x reads settings with `||` and returns null for them. */
function falsySetting({ character }: SettingsSource, name: string): unknown {
  const { secrets, settings } = character ?? {};
  for (const source of [secrets, settings, settings?.secrets]) {
    const value = (source as Record<string, unknown> | undefined)?.[name];
    if (value === false || value === 0) return value;
  }
  return undefined;
}

/** True for this machine: plain http to it is safe, and no proxy is used for it. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
