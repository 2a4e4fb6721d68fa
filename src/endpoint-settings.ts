/** An agent has at most this many endpoints. */
export const MAX_ENDPOINTS = 9;

/** Settings that hold names of models. */
export const MODEL_SETTINGS = [
  'ELIZANET_SMALL_MODEL',
  'ELIZANET_LARGE_MODEL',
  'ELIZANET_EMBEDDING_MODEL',
  'ELIZANET_IMAGE_MODEL',
  'ELIZANET_VISION_MODEL',
  'ELIZANET_TRANSCRIPTION_MODEL',
  'ELIZANET_TTS_MODEL',
] as const;

export type ModelSetting = (typeof MODEL_SETTINGS)[number];

/** Settings that each further endpoint can have of its own; what is unset is that of the first endpoint. */
export const INHERITED_SETTINGS = [
  ...MODEL_SETTINGS,
  'ELIZANET_TTS_VOICE',
  'ELIZANET_MAX_CONCURRENCY',
  'ELIZANET_FLEET_CONCURRENCY',
  'ELIZANET_MAX_COST_PER_DAY',
  'ELIZANET_MAX_CALLS_PER_HOUR',
] as const;

/**
 * A further endpoint that is given in code: its settings under the names of the first endpoint's, as docs/settings.md
 * describes them. What is not given is that of the first endpoint, except the key.
 */
export interface EndpointSettings {
  readonly ELIZANET_BASE_URL: string;
  readonly ELIZANET_API_KEY?: string;
  readonly ELIZANET_SMALL_MODEL?: string;
  readonly ELIZANET_LARGE_MODEL?: string;
  readonly ELIZANET_EMBEDDING_MODEL?: string;
  readonly ELIZANET_IMAGE_MODEL?: string;
  readonly ELIZANET_VISION_MODEL?: string;
  readonly ELIZANET_TRANSCRIPTION_MODEL?: string;
  readonly ELIZANET_TTS_MODEL?: string;
  readonly ELIZANET_TTS_VOICE?: string;
  readonly ELIZANET_MAX_CONCURRENCY?: number;
  readonly ELIZANET_FLEET_CONCURRENCY?: number;
  readonly ELIZANET_MAX_COST_PER_DAY?: number;
  readonly ELIZANET_MAX_CALLS_PER_HOUR?: number;
}

/** Every setting of a further endpoint. A key goes only to the endpoint that it was set for. */
export const ENDPOINT_SETTINGS = [
  'ELIZANET_BASE_URL',
  'ELIZANET_API_KEY',
  ...INHERITED_SETTINGS,
] as const satisfies readonly (keyof EndpointSettings)[];

/** `ELIZANET_2_API_KEY` for `ELIZANET_API_KEY` and 2; the first endpoint's settings have no number. */
export function settingOf(name: string, endpointNumber: number): string {
  return endpointNumber === 1 ? name : name.replace('ELIZANET_', `ELIZANET_${endpointNumber}_`);
}

/** The names of models in a setting, in the order in which they are tried. */
export function modelsIn(value: string | undefined): string[] {
  const names = (value ?? '').split(',').map((model) => model.trim());
  return [...new Set(names.filter(Boolean))];
}
