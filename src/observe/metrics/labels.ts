import { ModelType } from '@elizaos/core';

/** What stands for everything beyond the fixed sets. */
export const OTHER = 'other';

const MODEL_TYPES: ReadonlySet<string> = new Set(Object.values(ModelType));
/** More providers than this share one label value. */
const MAX_PROVIDERS = 16;
const PROVIDER = /^[\w.@/-]{1,60}$/;

/** Model types are the host's words: those that core does not define share one value. */
export function modelTypeLabel(modelType: string): string {
  return MODEL_TYPES.has(modelType) ? modelType : OTHER;
}

/** Keeps the label values of providers few, and free of anything that is not a name. */
export class ProviderLabels {
  readonly #known = new Set<string>();

  of(provider: string): string {
    if (this.#known.has(provider)) return provider;
    if (this.#known.size >= MAX_PROVIDERS || !PROVIDER.test(provider)) return OTHER;
    this.#known.add(provider);
    return provider;
  }
}
