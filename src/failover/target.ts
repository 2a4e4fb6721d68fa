import { PROVIDER_NAME } from '../core/provider-name.js';

/** One provider's model type that can serve a call. */
export interface Target {
  provider: string;
  /** The type whose handler serves the call; differs from the call's where a type has none of its own. */
  modelType: string;
  /**
   * Served by this plugin's own endpoint. It limits its own time and reports its own failures exactly, and it is the last
   * resort: its failure is no reason to stop, and a stream of it that was cut may be asked for again.
   */
  own: boolean;
}

export function targetOf(provider: string, modelType: string): Target {
  return { provider, modelType, own: provider === PROVIDER_NAME };
}
