import type { AgentEndpoints } from './agent-endpoints.js';
import { settingOf } from './endpoint-settings.js';
import { type Config, settingMeta } from './environment.js';
import type { Observation } from './observe/observer.js';
import { isDefault, SETTING_NAMES } from './setting-facts.js';

/**
 * What is told of an agent's start: which settings differ from their defaults, without their values.
 * @param modelTypes the types that ElizaNet serves.
 */
export function startOf(
  { config, chain }: { config: Config; chain: AgentEndpoints },
  modelTypes: readonly string[],
): Observation {
  const isSet = SETTING_NAMES.filter((name) => !isDefault(config, name) || chain.modelsIn(name).length > 1);
  return {
    type: 'started',
    enabled: config.ELIZANET_FALLBACK_ENABLED,
    // Without a path: it can hold a secret.
    host: new URL(config.ELIZANET_BASE_URL).host,
    isDefaultAddress: isDefault(config, 'ELIZANET_BASE_URL'),
    modelTypes,
    settings: [
      ...isSet.map((name) => (settingMeta(name).sensitive ? `${name} (secret)` : name)),
      ...chain.links.slice(1).map(({ number }) => settingOf('ELIZANET_BASE_URL', number)),
    ],
  };
}
