import { type IAgentRuntime, ModelType, type Plugin } from '@elizaos/core';
import { PROVIDER_NAME } from './core/failure.js';
import type { InstanceOptions } from './instance.js';
import type { SpeechInput } from './models/handlers.js';
import { loadHandlers } from './models/load-handlers.js';
import { ElizaNetFallbackService, initInstance, openInstance } from './service.js';
import { suites } from './suites/catalogue.js';

export interface ElizaNetFallbackOptions extends InstanceOptions {}

/**
 * Makes the plugin. The package's default export is one made with defaults; an agent that wants its own clock makes
 * another.
 */
export function createElizaNetFallbackPlugin(options: ElizaNetFallbackOptions = {}): Plugin {
  const of = (runtime: IAgentRuntime) => openInstance(runtime, options);
  // Core sorts by priority: behind every provider of the ordinary 0.
  const priority = -1;
  const speak = (model: string) => async (runtime: IAgentRuntime, params: unknown) =>
    (await loadHandlers()).handleTextToSpeech(of(runtime), model, params as SpeechInput);
  return {
    name: PROVIDER_NAME,
    description: 'ElizaNet LiteLLM fallback plugin for rate limiting and network errors',
    priority,
    async init(_config, runtime) {
      const instance = initInstance(runtime, options);
      instance.installGuard();
      const speechModel = instance.config.ELIZANET_TTS_MODEL;
      // Not among `models`: core registers those whatever the settings say.
      if (speechModel) runtime.registerModel(ModelType.TEXT_TO_SPEECH, speak(speechModel), PROVIDER_NAME, priority);
    },
    services: [ElizaNetFallbackService],
    tests: suites,
    models: {
      [ModelType.TEXT_SMALL]: async (runtime, params) =>
        (await loadHandlers()).handleText(of(runtime), 'TEXT_SMALL', params),
      [ModelType.TEXT_LARGE]: async (runtime, params) =>
        (await loadHandlers()).handleText(of(runtime), 'TEXT_LARGE', params),
      [ModelType.TEXT_EMBEDDING]: async (runtime, params) =>
        (await loadHandlers()).handleTextEmbedding(of(runtime), params),
      [ModelType.IMAGE]: async (runtime, params) => (await loadHandlers()).handleImage(of(runtime), params),
      [ModelType.IMAGE_DESCRIPTION]: async (runtime, params) =>
        (await loadHandlers()).handleImageDescription(of(runtime), params),
      [ModelType.TRANSCRIPTION]: async (runtime, params) =>
        (await loadHandlers()).handleTranscription(of(runtime), params),
      [ModelType.OBJECT_SMALL]: async (runtime, params) =>
        (await loadHandlers()).generateObjectByModelType(of(runtime), 'OBJECT_SMALL', params),
      [ModelType.OBJECT_LARGE]: async (runtime, params) =>
        (await loadHandlers()).generateObjectByModelType(of(runtime), 'OBJECT_LARGE', params),
      [ModelType.TEXT_TOKENIZER_ENCODE]: async (runtime, params) =>
        (await loadHandlers()).tokenizeText(of(runtime), params),
      [ModelType.TEXT_TOKENIZER_DECODE]: async (runtime, params) =>
        (await loadHandlers()).detokenizeText(of(runtime), params),
    },
  };
}
