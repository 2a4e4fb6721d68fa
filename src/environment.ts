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
  optionalText,
  type SettingMeta,
  text,
  wholeNumber,
} from './setting-builders.js';

/** Every setting, in the order in which README shows them: the specification's nine first. Defaults live only here. */
export const settingsSchema = z.object({
  ELIZANET_BASE_URL: baseUrl,
  ELIZANET_API_KEY: apiKey,
  ELIZANET_TIMEOUT: milliseconds(
    30_000,
    1,
    60 * MINUTE_MS,
    'Longest wait for a plain call; for a stream, for its first byte and again between chunks',
  ),
  ELIZANET_SMALL_MODEL: text('gpt-4o-mini', 'Model for TEXT_SMALL and OBJECT_SMALL'),
  ELIZANET_LARGE_MODEL: text('gpt-4o', 'Model for TEXT_LARGE and OBJECT_LARGE'),
  ELIZANET_EMBEDDING_MODEL: text(
    'text-embedding-3-small',
    'Model for TEXT_EMBEDDING; use the one your agent has already stored vectors of',
  ),
  ELIZANET_EMBEDDING_DIMENSIONS: wholeNumber(
    1536,
    [1, 65_536],
    'dimensions',
    'Length of embedding vectors while no primary has shown another one',
  ),
  ELIZANET_IMAGE_MODEL: text('dall-e-3', 'Model for IMAGE'),
  ELIZANET_FALLBACK_ENABLED: flag(true, 'Master switch; when off, only the tokenizers go on working'),

  ELIZANET_FALLBACK_ON: fallbackOn,
  ELIZANET_PRIMARY_TIMEOUT: milliseconds(
    120_000,
    0,
    60 * MINUTE_MS,
    "A primary's first output has to come within this time, and each further chunk of a stream; embeddings within 30000 at most; 0 = no limit",
  ),
  ELIZANET_EARLY_FAILOVER: earlyFailover,
  ELIZANET_HEDGE_AFTER: milliseconds(
    0,
    0,
    60 * MINUTE_MS,
    'Start ElizaNet beside a primary that has not produced output by then, for every call; 0 = off',
  ),
  ELIZANET_PROBE_HEDGE: milliseconds(
    1_500,
    0,
    60 * MINUTE_MS,
    'The same for the probe that tries whether a failed provider is back; 0 = off',
  ),
  ELIZANET_FAILURE_THRESHOLD: wholeNumber(
    2,
    [1, 1000],
    'failures',
    'Failures in a row after which a provider is left alone; rate limits and quota count at once',
  ),
  ELIZANET_COOLDOWN: milliseconds(
    15_000,
    1,
    24 * 60 * MINUTE_MS,
    'How long a failing provider is left alone at first; doubled for each failed probe',
  ),
  ELIZANET_COOLDOWN_MAX: milliseconds(
    300_000,
    1,
    24 * 60 * MINUTE_MS,
    'Longest time a failing provider is left alone; also caps its own Retry-After',
  ),
  ELIZANET_ON_INTERRUPTED: choice(
    ['complete', 'throw', 'keep'],
    'A stream cut after its first text: ask for the whole answer elsewhere, throw, or keep the cut text',
  ),
  ELIZANET_EMBEDDING_ON_ERROR: choice(
    ['vector', 'throw'],
    'When no provider can embed: a marked stand-in vector (as specified) or an error (recommended: a made-up vector in a memory store is noise)',
  ),
  ELIZANET_EMBEDDING_ON_MISMATCH: choice(
    ['throw', 'allow'],
    "When ElizaNet's embedding model is not the primary's: an error, whatever ELIZANET_EMBEDDING_ON_ERROR says, or its vectors all the same, with one warning",
  ),
  ELIZANET_VISION_MODEL: text('gpt-4o-mini', 'Model for IMAGE_DESCRIPTION'),
  ELIZANET_TRANSCRIPTION_MODEL: text('whisper-1', 'Model for TRANSCRIPTION'),
  ELIZANET_TTS_MODEL: optionalText(
    'Model for TEXT_TO_SPEECH, such as `tts-1`; that type is served only when it is set',
  ),
  ELIZANET_TTS_VOICE: text('alloy', 'Voice for TEXT_TO_SPEECH where the caller names none'),
  ELIZANET_CACHE_TTL: milliseconds(
    0,
    0,
    365 * 24 * 60 * MINUTE_MS,
    "How long ElizaNet's answers are kept in memory and given again: embeddings, and texts and objects asked for at temperature 0, not streamed; 0 = off",
  ),
  ELIZANET_CACHE_PERSIST: flag(
    false,
    "Keep them in the agent's own database as well, so that they outlive a restart; the keys are hashes",
  ),
  ELIZANET_IMAGE_TIMEOUT: milliseconds(60_000, 1, 60 * MINUTE_MS, 'Longest wait for an image'),
  ELIZANET_AUDIO_TIMEOUT: milliseconds(120_000, 1, 60 * MINUTE_MS, 'Longest wait for a transcription or for speech'),
  ELIZANET_ALLOW_PRIVATE_URLS: flag(
    false,
    'Lets images and audio be fetched from private networks and from this machine; switch it on only when you trust everyone who can give your agent an address',
  ),
  ELIZANET_MAX_CONCURRENCY: wholeNumber(16, [1, 10_000], 'requests', 'Requests in flight at ElizaNet; more wait'),
  ELIZANET_MAX_INPUT_LENGTH: wholeNumber(
    1_000_000,
    [1, 100_000_000],
    'characters',
    'Longest prompt or text that is sent to ElizaNet',
  ),
  ELIZANET_SUITE_LIVE: flag(
    false,
    "`elizaos test` asks this ElizaNet, at the price of some calls and one image, in place of the suites' embedded one",
  ),
  ELIZANET_PREFER_OWN_TOKENIZER: flag(
    false,
    "Count and trim tokens here instead of in a primary's tokenizer, which may rebuild its tables on every call",
  ),
});

export type SettingName = keyof typeof settingsSchema.shape;
export type Settings = z.output<typeof settingsSchema>;

/** Made when the module is loaded: an agent's start has to wait for less then. Nearly all settings stay at theirs. */
const DEFAULTS: Settings = settingsSchema.parse({}, { jitless: true });

/** The settings of one runtime: validated and frozen. */
export type Config = Readonly<Settings>;

/** Names of version 1 that are still read. */
const DEPRECATED_NAMES: Partial<Record<SettingName, string>> = {
  ELIZANET_BASE_URL: 'elizaNetUrl',
  ELIZANET_API_KEY: 'elizaNetKey',
};

/** Where a setting may stand, beside the environment. A runtime is one. */
export type SettingsSource = Pick<IAgentRuntime, 'getSetting'> & Partial<Pick<IAgentRuntime, 'character'>>;

export interface ResolvedConfig {
  config: Config;
  /** Proxies that the environment names; undefined when it names none, or ElizaNet runs on this machine. */
  proxies?: ProxySettings;
  /** What the user should hear about once: deprecated names, a key over plain http. */
  warnings: string[];
}

/**
 * Reads the settings of a runtime: character secrets and settings, then the environment, then defaults. Blank counts
 * as unset.
 * @throws {ConfigurationError} with one line for each setting that cannot be used.
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
    warnings.push('ELIZANET_API_KEY travels unencrypted: ELIZANET_BASE_URL is plain http; use https');
  }
  return { config, proxies, warnings };
}

/** What other programs on the host go by, in lower case or upper case: https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent */
function readProxies(env: NodeJS.ProcessEnv, warnings: string[]): ProxySettings | undefined {
  const proxy = (name: string) => {
    const value = (env[name.toLowerCase()] ?? env[name] ?? '').trim();
    if (value === '' || /^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '')) return value;
    warnings.push(`${name} is not used: it is not an http or https address`);
    return '';
  };
  const [httpProxy, httpsProxy] = [proxy('HTTP_PROXY'), proxy('HTTPS_PROXY')];
  if (!httpProxy && !httpsProxy) return undefined;
  return { httpProxy, httpsProxy, noProxy: env.no_proxy ?? env.NO_PROXY ?? '' };
}

/** What the documents say about a setting. */
export function settingMeta(name: SettingName): SettingMeta {
  return settingsSchema.shape[name].meta() as unknown as SettingMeta;
}

function readSetting(source: SettingsSource, name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = source.getSetting(name) ?? falsySetting(source, name) ?? env[name];
  const written = value === null || value === undefined ? '' : String(value).trim();
  return written === '' ? undefined : written;
}

/** core 1.x reads settings with `||`: a `false` or 0 in the character falls through to null there. */
function falsySetting({ character }: SettingsSource, name: string): unknown {
  const { secrets, settings } = character ?? {};
  for (const source of [secrets, settings, settings?.secrets]) {
    const value = (source as Record<string, unknown> | undefined)?.[name];
    if (value === false || value === 0) return value;
  }
  return undefined;
}

/** True for the machine itself, where plain http reveals nothing. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
