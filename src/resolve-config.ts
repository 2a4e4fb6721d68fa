import { ConfigurationError } from './core/errors.js';
import {
  ENDPOINT_SETTINGS,
  type EndpointSettings,
  MAX_ENDPOINTS,
  MODEL_SETTINGS,
  type ModelSetting,
  modelsIn,
  settingOf,
} from './endpoint-settings.js';
import {
  type Config,
  DEFAULTS,
  type SettingName,
  type Settings,
  settingMeta,
  settingsSchema,
  sharesAnswers,
} from './environment.js';
import type { ProxySettings } from './http/transport/proxy-settings.js';
import { isLoopback, readProxies } from './proxy-environment.js';
import { readSetting, type SettingsSource } from './settings-source.js';

/** Setting names of version 1 that are still read. */
const DEPRECATED_NAMES: Partial<Record<SettingName, string>> = {
  ELIZANET_BASE_URL: 'elizaNetUrl',
  ELIZANET_API_KEY: 'elizaNetKey',
};

/** The settings of one endpoint. */
export interface EndpointConfig {
  /** 1 for the first one. */
  number: number;
  /** All settings, with the endpoint's own address, key, models and limits. Each model is the first of its list. */
  config: Config;
  /** The models of each setting, in the order in which they are tried. */
  models: Readonly<Record<ModelSetting, readonly string[]>>;
  /** Proxies of the environment. Undefined if there are none or if the endpoint is on this machine. */
  proxies?: ProxySettings;
}

export interface ResolvedConfig {
  /** Those of the first endpoint. */
  config: Config;
  /** At least one. */
  endpoints: readonly [EndpointConfig, ...EndpointConfig[]];
  /** Of the first endpoint. */
  proxies?: ProxySettings;
  /** To be logged once, at start: deprecated names, unusable proxies, a key over plain http. */
  warnings: string[];
}

/**
 * Reads the settings of a runtime: the character's secrets, then its settings, then the environment, then defaults. A
 * blank value counts as unset.
 * @param given further endpoints: each takes the lowest number whose address is not set, with no other setting of that number.
 * @throws {ConfigurationError} with one line for each invalid setting.
 */
export function resolveConfig(
  source: SettingsSource,
  env: NodeJS.ProcessEnv = process.env,
  given: readonly EndpointSettings[] = [],
): ResolvedConfig {
  const reader = new SettingsReader(source, env);
  const { warnings, problems } = reader;
  const first: Settings = { ...DEFAULTS };
  for (const name of Object.keys(settingsSchema.shape) as SettingName[]) assign(first, name, reader.read(name));
  const all: [number, Settings][] = [[1, first], ...furtherEndpoints(reader, first, given)];
  if (first.ELIZANET_CACHE_SHARED && !sharesAnswers(first)) {
    const needed = 'ELIZANET_REDIS_URL, ELIZANET_CACHE_TTL and ELIZANET_CACHE_PERSIST=true';
    warnings.push(`ELIZANET_CACHE_SHARED has no effect without ${needed}`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  const remote = all.some(([, { ELIZANET_BASE_URL }]) => !isLoopback(new URL(ELIZANET_BASE_URL).hostname));
  const proxies = remote ? readProxies(env, warnings) : undefined;
  const [head, ...more] = all.map(([number, settings]) => endpointConfig(number, settings, proxies, warnings)) as [
    EndpointConfig,
    ...EndpointConfig[],
  ];
  return { config: head.config, endpoints: [head, ...more], proxies: head.proxies, warnings };
}

/** Reads and checks single settings, and collects what is wrong with them. */
class SettingsReader {
  readonly warnings: string[] = [];
  readonly problems: string[] = [];

  constructor(
    private readonly source: SettingsSource,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @returns undefined for a setting that is unset or blank. */
  written(name: string): string | undefined {
    return readSetting(this.source, name, this.env);
  }

  /** @param written the name under which the setting is given, if not its own. */
  read<Name extends SettingName>(name: Name, written: string = name): Settings[Name] | undefined {
    const value = this.written(written);
    const oldName = written === name ? DEPRECATED_NAMES[name] : undefined;
    const oldValue = value === undefined && oldName ? this.written(oldName) : undefined;
    if (oldValue !== undefined) this.warnings.push(`${oldName} is deprecated, use ${name}`);
    return this.parse(name, written, value ?? oldValue);
  }

  parse<Name extends SettingName>(name: Name, written: string, used: unknown): Settings[Name] | undefined {
    if (used === undefined) return undefined;
    const parsed = settingsSchema.shape[name].safeParse(used);
    if (parsed.success) return parsed.data as Settings[Name];
    this.problems.push(`${written} must be ${settingMeta(name).accepts}`);
    return undefined;
  }
}

/** The settings of the second and further endpoints, by number. */
function furtherEndpoints(
  reader: SettingsReader,
  first: Settings,
  given: readonly EndpointSettings[],
): [number, Settings][] {
  const all: [number, Settings][] = [];
  const waiting = [...given];
  for (let number = 2; number <= MAX_ENDPOINTS; number++) {
    const [address, key] = [settingOf('ELIZANET_BASE_URL', number), settingOf('ELIZANET_API_KEY', number)];
    const isSet = reader.written(address) !== undefined;
    if (!isSet && reader.written(key)) reader.warnings.push(`${key} is ignored, because ${address} is not set`);
    const inCode = isSet ? undefined : waiting.shift();
    if (!isSet && !inCode) continue;
    const values: Readonly<Partial<Record<SettingName, string | number>>> | undefined = inCode;
    const own: Settings = { ...first, ELIZANET_API_KEY: undefined };
    for (const name of ENDPOINT_SETTINGS) {
      const written = settingOf(name, number);
      assign(
        own,
        name,
        values
          ? reader.parse(name, written, String(values[name] ?? '').trim() || undefined)
          : reader.read(name, written),
      );
    }
    if (values && !String(values.ELIZANET_BASE_URL ?? '').trim()) {
      reader.problems.push(`${address} must be ${settingMeta('ELIZANET_BASE_URL').accepts}`);
    }
    all.push([number, own]);
  }
  if (waiting.length > 0) reader.problems.push(`there can be at most ${MAX_ENDPOINTS} endpoints`);
  for (const name of ['ELIZANET_1_BASE_URL', `ELIZANET_${MAX_ENDPOINTS + 1}_BASE_URL`]) {
    if (!reader.written(name)) continue;
    const numbers = `further ones are numbered 2 to ${MAX_ENDPOINTS}`;
    reader.warnings.push(`${name} is ignored: the first endpoint is ELIZANET_BASE_URL, ${numbers}`);
  }
  return all;
}

function assign<Name extends SettingName>(settings: Settings, name: Name, value: Settings[Name] | undefined): void {
  if (value !== undefined) settings[name] = value;
}

function endpointConfig(
  number: number,
  settings: Settings,
  proxies: ProxySettings | undefined,
  warnings: string[],
): EndpointConfig {
  const { protocol, hostname } = new URL(settings.ELIZANET_BASE_URL);
  if (settings.ELIZANET_API_KEY && protocol === 'http:' && !isLoopback(hostname)) {
    const [key, url] = [settingOf('ELIZANET_API_KEY', number), settingOf('ELIZANET_BASE_URL', number)];
    warnings.push(`${key} is sent unencrypted, because ${url} is an http URL; use https`);
  }
  const lists = MODEL_SETTINGS.map((name) => [name, modelsIn(settings[name])] as const);
  const models = Object.fromEntries(lists) as Record<ModelSetting, string[]>;
  for (const [name, [model]] of lists) if (model !== undefined) settings[name] = model;
  return { number, config: Object.freeze(settings), models, proxies: isLoopback(hostname) ? undefined : proxies };
}
