import { setBounded } from '../../core/bounded-map.js';
import type { Endpoint } from '../../http/endpoint.js';

const MAX_MODELS = 64;
const MAX_FEATURES = 256;

/** The features of a request that one model of an endpoint does not support, as its own refusals have shown. */
export class RefusalMemory {
  readonly #features = new Map<string, true>();

  has(feature: string): boolean {
    return this.#features.has(feature);
  }

  /** @returns those that were not known before. */
  add(features: Iterable<string>): string[] {
    const added = [...features].filter((feature) => !this.#features.has(feature));
    for (const feature of added) setBounded(this.#features, feature, true, MAX_FEATURES);
    return added;
  }
}

const memories = new WeakMap<Endpoint, Map<string, RefusalMemory>>();

/** The memory for a model of an endpoint. It lives as long as the endpoint; 64 models are remembered. */
export function refusalMemory(endpoint: Endpoint, model: string): RefusalMemory {
  const ofEndpoint = memories.get(endpoint) ?? new Map<string, RefusalMemory>();
  memories.set(endpoint, ofEndpoint);
  const memory = ofEndpoint.get(model) ?? new RefusalMemory();
  setBounded(ofEndpoint, model, memory, MAX_MODELS);
  return memory;
}
