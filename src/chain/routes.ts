import { PROVIDER_NAME } from '../core/provider-name.js';
import { namesType, type ServedType } from '../core/type-groups.js';
import type { ModelSetting } from '../endpoint-settings.js';
import { MODEL_SETTINGS } from '../endpoint-settings.js';
import type { Config } from '../environment.js';
import type { EndpointConfig } from '../resolve-config.js';

/** One way to serve calls: an endpoint with one set of models. */
export interface Route {
  /**
   * Its name in the ledger, in errors and among the circuits: `elizanet-fallback`, `elizanet-fallback-2`, and for a
   * further model of a list `elizanet-fallback (gpt-4.1)`.
   */
  name: string;
  /** Of its endpoint. */
  number: number;
  /** The endpoint's settings, with the models of this route. */
  config: Config;
}

const SETTING_OF_TYPE: Readonly<Record<ServedType, ModelSetting>> = {
  TEXT_SMALL: 'ELIZANET_SMALL_MODEL',
  TEXT_LARGE: 'ELIZANET_LARGE_MODEL',
  OBJECT_SMALL: 'ELIZANET_SMALL_MODEL',
  OBJECT_LARGE: 'ELIZANET_LARGE_MODEL',
  TEXT_EMBEDDING: 'ELIZANET_EMBEDDING_MODEL',
  TEXT_EMBEDDING_BATCH: 'ELIZANET_EMBEDDING_MODEL',
  IMAGE: 'ELIZANET_IMAGE_MODEL',
  IMAGE_DESCRIPTION: 'ELIZANET_VISION_MODEL',
  TRANSCRIPTION: 'ELIZANET_TRANSCRIPTION_MODEL',
  TEXT_TO_SPEECH: 'ELIZANET_TTS_MODEL',
};

/** The model of a route that serves a model type; undefined for types without one, such as those of a tokenizer. */
export function modelOf({ config }: Route, modelType: string): string | undefined {
  const setting = SETTING_OF_TYPE[modelType as ServedType] as ModelSetting | undefined;
  return setting && config[setting];
}

/** The name of an endpoint among the providers. */
export function endpointProvider(number: number): string {
  return number === 1 ? PROVIDER_NAME : `${PROVIDER_NAME}-${number}`;
}

/** All routes of one agent, from its settings. */
export class Routes {
  /** By name, in the order of the settings. The first one is that of the handlers that core knows. */
  readonly #routes = new Map<string, Route>();
  readonly #ofType = new Map<string, readonly Route[]>();

  constructor(private readonly endpoints: readonly EndpointConfig[]) {
    for (const endpoint of endpoints) {
      for (const route of routesOf(endpoint)) this.#routes.set(route.name, route);
    }
  }

  get all(): readonly Route[] {
    return [...this.#routes.values()];
  }

  get names(): string[] {
    return [...this.#routes.keys()];
  }

  get(name: string): Route | undefined {
    return this.#routes.get(name);
  }

  /** Those that serve a model type, by priority; none for a type that `ELIZANET_MODEL_TYPES` leaves out. */
  of(modelType: string): readonly Route[] {
    let routes = this.#ofType.get(modelType);
    if (!routes) {
      routes = this.#find(modelType);
      this.#ofType.set(modelType, routes);
    }
    return routes;
  }

  /** The models that serve a type, by priority. */
  models(modelType: string): string[] {
    return this.of(modelType).flatMap((route) => modelOf(route, modelType) ?? []);
  }

  #find(modelType: string): Route[] {
    const [{ config }] = this.endpoints as [EndpointConfig];
    if (!namesType(config.ELIZANET_MODEL_TYPES, modelType)) return [];
    const setting = SETTING_OF_TYPE[modelType as ServedType] as ModelSetting | undefined;
    // Tokenizers are served in this process.
    if (!setting) return this.all.slice(0, 1);
    const names = this.endpoints.flatMap(({ number, models }) =>
      models[setting].map((model, index) => routeName(number, model, index)),
    );
    return names.map((name) => this.#routes.get(name) as Route);
  }
}

function routeName(number: number, model: string, index: number): string {
  return index === 0 ? endpointProvider(number) : `${endpointProvider(number)} (${model})`;
}

/** The route of the first models, and one for each name that is further down a list. */
function routesOf({ number, config, models }: EndpointConfig): Route[] {
  const further = new Set(MODEL_SETTINGS.flatMap((setting) => models[setting].slice(1)));
  const routes = [...further].map((model) => {
    const settings = MODEL_SETTINGS.filter((setting) => models[setting].indexOf(model) > 0);
    const own = Object.fromEntries(settings.map((setting) => [setting, model]));
    return { name: routeName(number, model, 1), number, config: Object.freeze({ ...config, ...own }) };
  });
  return [{ name: routeName(number, '', 0), number, config }, ...routes];
}
