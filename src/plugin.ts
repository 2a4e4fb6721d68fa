import { type IAgentRuntime, ModelType, type Plugin, type TextStreamResult } from '@elizaos/core';
import { isElizaNetError } from './core/elizanet-error.js';
import { PROVIDER_NAME } from './core/provider-name.js';
import { type SettingName, settingMeta } from './environment.js';
import { errorBefore } from './failover/core-compat.js';
import type { InstanceOptions } from './instance.js';
import { findInstance, initInstance, openInstance } from './instances.js';
import type { TextParams } from './models/chat/text-params.js';
import type { ModelContext } from './models/context.js';
import type { SpeechInput, TextModelType } from './models/handlers.js';
import { type Handlers, loadHandlers } from './models/load-handlers.js';
import { ROUTES } from './routes/routes.js';
import { ElizaNetFallbackService } from './service.js';
import { suitesOf } from './suites/catalogue.js';

export interface ElizaNetFallbackOptions extends InstanceOptions {}

type Models = NonNullable<Plugin['models']>;

/** How core 2.x shows which model serves a type. */
export interface ModelLabel {
  displayModelSettings: readonly SettingName[];
  displayModelDefault: string | undefined;
}

/** What core 2.x's plugins have beyond those of core 1.x, which ignores it. */
export interface ElizaNetFallbackPlugin extends Plugin {
  /** By model type. No context window: it depends on the model that the settings name, and core refuses calls by it. */
  modelMetadata: Readonly<Record<string, ModelLabel>>;
  /** Is called when the plugin is unloaded: removes the guard and closes all connections. */
  dispose(runtime: IAgentRuntime): Promise<void>;
}

/** Creates the plugin. The package's default export is created with the defaults. */
export function createElizaNetFallbackPlugin(options: ElizaNetFallbackOptions = {}): ElizaNetFallbackPlugin {
  // Core sorts by priority; other providers have 0.
  const priority = -1;
  const speak = (model: string) =>
    servedBy(options, ModelType.TEXT_TO_SPEECH, (handlers, context, params: unknown) =>
      handlers.handleTextToSpeech(context, context.config.ELIZANET_TTS_MODEL ?? model, params as SpeechInput),
    );
  const plugin: ElizaNetFallbackPlugin = {
    name: PROVIDER_NAME,
    description: 'ElizaNet LiteLLM fallback plugin for rate limiting and network errors',
    priority,
    async init(_config, runtime) {
      const instance = initInstance(runtime, options);
      if (options.extensions) await instance.connect(options.extensions);
      instance.installGuard();
      await instance.joinFleet();
      const [speechModel] = instance.chain.routes.models(ModelType.TEXT_TO_SPEECH);
      // Not in `models`, which core registers regardless of the settings.
      if (speechModel) runtime.registerModel(ModelType.TEXT_TO_SPEECH, speak(speechModel), PROVIDER_NAME, priority);
      const types = [...Object.keys(plugin.models ?? {}), ...(speechModel ? [ModelType.TEXT_TO_SPEECH] : [])];
      instance.announce(types.filter((type) => instance.chain.routes.of(type).length > 0));
    },
    services: [ElizaNetFallbackService],
    routes: ROUTES,
    tests: suitesOf(createElizaNetFallbackPlugin),
    models: modelsFor(ModelType, options),
    modelMetadata: labels(),
    async dispose(runtime) {
      await findInstance(runtime)?.close();
    },
  };
  return plugin;
}

const MODEL_SETTINGS: Readonly<Record<string, SettingName>> = {
  TEXT_SMALL: 'ELIZANET_SMALL_MODEL',
  TEXT_LARGE: 'ELIZANET_LARGE_MODEL',
  TEXT_EMBEDDING: 'ELIZANET_EMBEDDING_MODEL',
  TEXT_EMBEDDING_BATCH: 'ELIZANET_EMBEDDING_MODEL',
  IMAGE: 'ELIZANET_IMAGE_MODEL',
  IMAGE_DESCRIPTION: 'ELIZANET_VISION_MODEL',
  TRANSCRIPTION: 'ELIZANET_TRANSCRIPTION_MODEL',
};

function labels(): Record<string, ModelLabel> {
  const label = (name: SettingName): ModelLabel => {
    return { displayModelSettings: [name], displayModelDefault: settingMeta(name).shownDefault };
  };
  return Object.fromEntries(Object.entries(MODEL_SETTINGS).map(([type, name]) => [type, label(name)]));
}

/**
 * The handlers of the plugin, by model type.
 * @param types core's `ModelType`. The types differ between cores: one that is missing is not served.
 */
export function modelsFor(types: object, options: ElizaNetFallbackOptions = {}): Models {
  const served: Required<Omit<Models, 'TEXT_TO_SPEECH' | 'AUDIO' | 'VIDEO' | UnregisteredText>> = {
    TEXT_SMALL: textServedBy(options, 'TEXT_SMALL'),
    TEXT_LARGE: textServedBy(options, 'TEXT_LARGE'),
    TEXT_EMBEDDING: servedBy(options, 'TEXT_EMBEDDING', (handlers, context, params) =>
      handlers.handleTextEmbedding(context, params),
    ),
    IMAGE: servedBy(options, 'IMAGE', (handlers, context, params) => handlers.handleImage(context, params)),
    IMAGE_DESCRIPTION: servedBy(options, 'IMAGE_DESCRIPTION', (handlers, context, params) =>
      handlers.handleImageDescription(context, params),
    ),
    TRANSCRIPTION: servedBy(options, 'TRANSCRIPTION', (handlers, context, params) =>
      handlers.handleTranscription(context, params),
    ),
    OBJECT_SMALL: servedBy(options, 'OBJECT_SMALL', (handlers, context, params) =>
      handlers.generateObjectByModelType(context, 'OBJECT_SMALL', params),
    ),
    OBJECT_LARGE: servedBy(options, 'OBJECT_LARGE', (handlers, context, params) =>
      handlers.generateObjectByModelType(context, 'OBJECT_LARGE', params),
    ),
    TEXT_TOKENIZER_ENCODE: servedBy(options, 'TEXT_TOKENIZER_ENCODE', (handlers, context, params) =>
      handlers.tokenizeText(context, params),
    ),
    TEXT_TOKENIZER_DECODE: servedBy(options, 'TEXT_TOKENIZER_DECODE', (handlers, context, params) =>
      handlers.detokenizeText(context, params),
    ),
  };
  const ofNextCore = {
    TEXT_EMBEDDING_BATCH: servedBy(options, 'TEXT_EMBEDDING_BATCH', (handlers, context, params) =>
      handlers.handleEmbeddingBatch(context, params),
    ),
  };
  const known: unknown[] = Object.values(types);
  return Object.fromEntries(Object.entries({ ...served, ...ofNextCore }).filter(([type]) => known.includes(type)));
}

/** Text types that core's own chains lead to TEXT_SMALL and TEXT_LARGE; with handlers of ours they would end here. */
type UnregisteredText = 'REASONING_SMALL' | 'REASONING_LARGE' | 'TEXT_COMPLETION';

/** core 1.x's types know no native results; those of core 2.x call them strings. */
function textServedBy(options: ElizaNetFallbackOptions, modelType: TextModelType) {
  return servedBy(
    options,
    modelType,
    (handlers, context, params: TextParams) =>
      handlers.handleText(context, modelType, params) as Promise<string | TextStreamResult>,
  );
}

/** Wraps a handler whose code is loaded on first use. */
function servedBy<P, R>(
  options: ElizaNetFallbackOptions,
  modelType: string,
  serve: (handlers: Handlers, context: ModelContext, params: P) => Promise<R>,
) {
  return async (runtime: IAgentRuntime, params: P): Promise<R> => {
    const loading = loadHandlers();
    const handlers = loading instanceof Promise ? await loading : loading;
    const instance = openInstance(runtime, options);
    try {
      if (!instance.chain.isGated) return await serve(handlers, instance, params);
      const serveBy = (context: ModelContext) => serve(handlers, context, params);
      return await handlers.serveAdmitted(instance.chain, modelType, params, serveBy);
    } catch (error) {
      // A core that fails over itself asks ElizaNet in any case; the caller is to see why the primary has failed.
      const unserved = instance.chain.routes.of(modelType).length === 0;
      throw unserved || isOff(error) ? (errorBefore(params) ?? error) : error;
    }
  };
}

function isOff(error: unknown): boolean {
  return isElizaNetError(error) && (error.code === 'FALLBACK_DISABLED' || error.code === 'SERVICE_STOPPED');
}
