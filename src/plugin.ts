import { type IAgentRuntime, ModelType, type Plugin } from '@elizaos/core';
import { PROVIDER_NAME } from './core/provider-name.js';
import type { InstanceOptions } from './instance.js';
import { initInstance, openInstance } from './instances.js';
import type { ModelContext } from './models/context.js';
import type { SpeechInput } from './models/handlers.js';
import { type Handlers, loadHandlers } from './models/load-handlers.js';
import { ElizaNetFallbackService } from './service.js';
import { suitesOf } from './suites/catalogue.js';

export interface ElizaNetFallbackOptions extends InstanceOptions {}

/** Creates the plugin. The package's default export is created with the defaults. */
export function createElizaNetFallbackPlugin(options: ElizaNetFallbackOptions = {}): Plugin {
  /** Wraps a handler whose code is loaded on first use. */
  const servedBy =
    <P, R>(serve: (handlers: Handlers, context: ModelContext, params: P) => Promise<R>) =>
    async (runtime: IAgentRuntime, params: P): Promise<R> => {
      const handlers = loadHandlers();
      return serve(handlers instanceof Promise ? await handlers : handlers, openInstance(runtime, options), params);
    };
  // Core sorts by priority; other providers have 0.
  const priority = -1;
  const speak = (model: string) =>
    servedBy((handlers, context, params: unknown) =>
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
    models: {
      [ModelType.TEXT_SMALL]: servedBy((handlers, context, params) =>
        handlers.handleText(context, 'TEXT_SMALL', params),
      ),
      [ModelType.TEXT_LARGE]: servedBy((handlers, context, params) =>
        handlers.handleText(context, 'TEXT_LARGE', params),
      ),
      [ModelType.TEXT_EMBEDDING]: servedBy((handlers, context, params) =>
        handlers.handleTextEmbedding(context, params),
      ),
      [ModelType.IMAGE]: servedBy((handlers, context, params) => handlers.handleImage(context, params)),
      [ModelType.IMAGE_DESCRIPTION]: servedBy((handlers, context, params) =>
        handlers.handleImageDescription(context, params),
      ),
      [ModelType.TRANSCRIPTION]: servedBy((handlers, context, params) => handlers.handleTranscription(context, params)),
      [ModelType.OBJECT_SMALL]: servedBy((handlers, context, params) =>
        handlers.generateObjectByModelType(context, 'OBJECT_SMALL', params),
      ),
      [ModelType.OBJECT_LARGE]: servedBy((handlers, context, params) =>
        handlers.generateObjectByModelType(context, 'OBJECT_LARGE', params),
      ),
      [ModelType.TEXT_TOKENIZER_ENCODE]: servedBy((handlers, context, params) =>
        handlers.tokenizeText(context, params),
      ),
      [ModelType.TEXT_TOKENIZER_DECODE]: servedBy((handlers, context, params) =>
        handlers.detokenizeText(context, params),
      ),
    },
  };
  return plugin;
}
