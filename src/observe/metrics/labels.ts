import { ModelType } from '@elizaos/core';

/** What stands for everything beyond the fixed sets. */
export const OTHER = 'other';

const MODEL_TYPES: ReadonlySet<string> = new Set(Object.values(ModelType));
/** More providers than this, besides the plugin's own endpoints, share one label value. */
const MAX_OTHERS = 15;
const PROVIDER = /^[\w.@/-]{1,60}$/;

/** Hosts and plugins can define model types of their own: those that core does not define share one value. */
export function modelTypeLabel(modelType: string): string {
  return MODEL_TYPES.has(modelType) ? modelType : OTHER;
}

/** Keeps the label values of providers few, and free of anything that is not a name. */
export class ProviderLabels {
  readonly #known: Set<string>;
  readonly #most: number;

  /** @param own the routes to the plugin's own endpoints. The settings name them, so they are few. */
  constructor(own: readonly string[]) {
    this.#known = new Set(own);
    this.#most = own.length + MAX_OTHERS;
  }

  of(provider: string): string {
    if (this.#known.has(provider)) return provider;
    if (this.#known.size >= this.#most || !PROVIDER.test(provider)) return OTHER;
    this.#known.add(provider);
    return provider;
  }
}
