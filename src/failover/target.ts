import { PROVIDER_NAME } from '../core/provider-name.js';

/** One provider's model type that can serve a call. */
export interface Target {
  /** Names it in the ledger, in errors and among the circuits: a provider, or a route to one of this plugin's endpoints. */
  provider: string;
  /** The provider that its handler is registered under. */
  registeredAs: string;
  /** The type whose handler serves the call; differs from the call's where a type has none of its own. */
  modelType: string;
  /**
   * Served by one of this plugin's own endpoints. It limits its own time and reports its own failures exactly, and it is
   * the last resort: its failure is no reason to stop, and a stream of it that was cut may be asked for again.
   */
  own: boolean;
  /** Asked once more although another endpoint would serve the call better, because none has answered. */
  forced?: boolean;
  /** Why it is not asked at all. */
  skippedFor?: string;
}

export function targetOf(provider: string, modelType: string): Target {
  return { provider, registeredAs: provider, modelType, own: provider === PROVIDER_NAME };
}

/** The target of a route to one of this plugin's endpoints. */
export function ownTarget(route: string, modelType: string): Target {
  return { provider: route, registeredAs: PROVIDER_NAME, modelType, own: true };
}
