import type { IAgentRuntime } from '@elizaos/core';

/** Settings outside the environment, such as those of an `IAgentRuntime`. */
export type SettingsSource = Pick<IAgentRuntime, 'getSetting'> & Partial<Pick<IAgentRuntime, 'character'>>;

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

/** @returns undefined for a setting that is unset or blank. */
export function readSetting(source: SettingsSource, name: string, env: NodeJS.ProcessEnv): string | undefined {
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
