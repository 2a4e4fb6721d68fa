import { PROVIDER_NAME } from '../core/provider-name.js';
import { ENDPOINT_SETTINGS, MAX_ENDPOINTS, settingOf } from '../endpoint-settings.js';
import { type Config, settingMeta, settingsSchema } from '../environment.js';
import type { Character } from './character.js';
import type { CheckResult } from './check-result.js';
import type { Sources } from './sources.js';

const FURTHER = Array.from({ length: MAX_ENDPOINTS - 1 }, (_, index) => index + 2);
/** Of every endpoint. */
const NAMES: readonly string[] = [
  ...Object.keys(settingsSchema.shape),
  ...FURTHER.flatMap((number) => ENDPOINT_SETTINGS.map((name) => settingOf(name, number))),
];
/** Read by the plugin's test suites only, so not a setting of the plugin. */
const SUITE_SWITCH = 'ELIZANET_SUITE_LIVE';

/** Says where the settings come from, and what about them deserves a look. */
export function* checkSettings(config: Config, warnings: string[], sources: Sources): Generator<CheckResult> {
  yield { id: 'settings', name: 'settings', status: 'ok', detail: originsOf(sources) };
  const warn = (id: CheckResult['id'], detail: string, advice?: string): CheckResult => {
    return { id, name: 'settings', status: 'warn', detail, ...(advice ? { advice } : {}) };
  };
  for (const warning of warnings) yield warn('setting-warning', warning);
  for (const name of NAMES) {
    const file = sources.overriddenBy(name);
    if (!file) continue;
    const detail = `${name} of the environment is not used: ${file} sets it too, and overrides the environment`;
    yield warn('setting-overridden', detail, 'Remove one of the two');
  }
  const unknown = sources
    .names()
    .filter((name) => /^ELIZANET_/.test(name) && name !== SUITE_SWITCH && !NAMES.includes(name));
  if (unknown.length > 0) {
    const advice = 'Look for a typing error: docs/settings.md and .env.example list every setting';
    yield warn('setting-unknown', `there is no setting ${unknown.join(', ')}`, advice);
  }
  if (!config.ELIZANET_FALLBACK_ENABLED) {
    yield {
      id: 'fallback-disabled',
      name: 'settings',
      status: 'fail',
      detail: 'ELIZANET_FALLBACK_ENABLED is false: no call fails over',
      advice: 'Remove it, or set it to true',
    };
  }
  if (config.ELIZANET_BASE_URL === settingMeta('ELIZANET_BASE_URL').shownDefault) {
    yield warn(
      'default-address',
      'ELIZANET_BASE_URL is the default: in an outage, prompts go to a public third party over plain http',
      'For private data, run your own LiteLLM and set ELIZANET_BASE_URL to it',
    );
  }
}

/** Whether the agent loads the plugin. Nothing is said about a character that lists no plugins. */
export function* checkPlugins({ plugins }: Pick<Character, 'plugins'>): Generator<CheckResult> {
  if (!plugins || plugins.some((plugin) => plugin.includes(PROVIDER_NAME))) return;
  yield {
    id: 'plugin-listed',
    name: 'character',
    status: 'warn',
    detail: 'its plugins do not include this one: no call fails over, unless another place adds it',
    advice: 'Add @elizaos/plugin-elizanet-fallback to its plugins',
  };
}

/** Such as `ELIZANET_API_KEY from the environment; ELIZANET_BASE_URL from .env; the rest at their defaults`. */
function originsOf(sources: Sources): string {
  const namesByOrigin = new Map<string, string[]>();
  for (const name of NAMES) {
    const origin = sources.originOf(name);
    if (origin) namesByOrigin.set(origin, [...(namesByOrigin.get(origin) ?? []), name]);
  }
  if (namesByOrigin.size === 0) return 'every setting at its default';
  const parts = [...namesByOrigin].map(([origin, names]) => `${names.join(', ')} from ${origin}`);
  return [...parts, 'the rest at their defaults'].join('; ');
}
