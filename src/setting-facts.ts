import { type Config, type SettingName, settingMeta, settingsSchema } from './environment.js';

export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** Whether a setting has the value that is documented as its default. */
export function isDefault(config: Config, name: SettingName): boolean {
  const value = config[name];
  const written = value instanceof Set ? [...value].join() : value;
  return String(written ?? '') === (settingMeta(name).shownDefault ?? '');
}
