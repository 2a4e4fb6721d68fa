import { type IAgentRuntime, ModelType, type Plugin, type TextStreamResult } from '@elizaos/core';
import { PROVIDER_NAME } from './core/provider-name.js';
import type { InstanceOptions } from './instance.js';
import { initInstance, openInstance } from './instances.js';
import type { TextParams } from './models/chat/text-params.js';
import type { ModelContext } from './models/context.js';
import type { SpeechInput, TextModelType } from './models/handlers.js';
import { type Handlers, loadHandlers } from './models/load-handlers.js';
import { ElizaNetFallbackService } from './service.js';
import { suitesOf } from './suites/catalogue.js';

export interface ElizaNetFallbackOptions extends InstanceOptions {}

type Models = NonNullable<Plugin['models']>;

/** Creates the plugin. The package's default export is created with the defaults. */
export function createElizaNetFallbackPlugin(options: ElizaNetFallbackOptions = {}): Plugin {
  // Core sorts by priority; other providers have 0.
  const priority = -1;
  const speak = (model: string) =>
    servedBy(options, (handlers, context, params: unknown) =>
      handlers.handleTextToSpeech(context, model, params as SpeechInput),
    );
  const plugin: Plugin = {
    name: PROVIDER_NAME,
    description: 'ElizaNet LiteLLM fallback plugin for rate limiting and network errors',
    priority,
    async init(_config, runtime) {
      const instance = initInstance(runtime, options);
      instance.installGuard();
      const speechModel = instance.config.ELIZANET_TTS_MODEL;
      // Not in `models`, which core registers regardless of the settings.
      if (speechModel) runtime.registerModel(ModelType.TEXT_TO_SPEECH, speak(speechModel), PROVIDER_NAME, priority);
      instance.announce([...Object.keys(plugin.models ?? {}), ...(speechModel ? [ModelType.TEXT_TO_SPEECH] : [])]);
    },
    services: [ElizaNetFallbackService],
    tests: suitesOf(createElizaNetFallbackPlugin),
    models: modelsFor(ModelType, options),
  };
  return plugin;
}

/**
 * The handlers of the plugin, by model type.
 * @param types core's `ModelType`. The types differ between cores: one that is missing is not served.
 */
export function modelsFor(types: object, options: ElizaNetFallbackOptions = {}): Models {
  const served: Required<Omit<Models, 'TEXT_TO_SPEECH' | 'AUDIO' | 'VIDEO' | UnregisteredText>> = {
    TEXT_SMALL: textServedBy(options, 'TEXT_SMALL'),
    TEXT_LARGE: textServedBy(options, 'TEXT_LARGE'),
    TEXT_EMBEDDING: servedBy(options, (handlers, context, params) => handlers.handleTextEmbedding(context, params)),
    IMAGE: servedBy(options, (handlers, context, params) => handlers.handleImage(context, params)),
    IMAGE_DESCRIPTION: servedBy(options, (handlers, context, params) =>
      handlers.handleImageDescription(context, params),
    ),
    TRANSCRIPTION: servedBy(options, (handlers, context, params) => handlers.handleTranscription(context, params)),
    OBJECT_SMALL: servedBy(options, (handlers, context, params) =>
      handlers.generateObjectByModelType(context, 'OBJECT_SMALL', params),
    ),
    OBJECT_LARGE: servedBy(options, (handlers, context, params) =>
      handlers.generateObjectByModelType(context, 'OBJECT_LARGE', params),
    ),
    TEXT_TOKENIZER_ENCODE: servedBy(options, (handlers, context, params) => handlers.tokenizeText(context, params)),
    TEXT_TOKENIZER_DECODE: servedBy(options, (handlers, context, params) => handlers.detokenizeText(context, params)),
  };
  const ofNextCore = {
    TEXT_EMBEDDING_BATCH: servedBy(options, (handlers, context, params) =>
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
    (handlers, context, params: TextParams) =>
      handlers.handleText(context, modelType, params) as Promise<string | TextStreamResult>,
  );
}

/** Wraps a handler whose code is loaded on first use. */
function servedBy<P, R>(
  options: ElizaNetFallbackOptions,
  serve: (handlers: Handlers, context: ModelContext, params: P) => Promise<R>,
) {
  return async (runtime: IAgentRuntime, params: P): Promise<R> => {
    const handlers = loadHandlers();
    return serve(handlers instanceof Promise ? await handlers : handlers, openInstance(runtime, options), params);
  };
}
