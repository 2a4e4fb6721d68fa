import type { Plugin } from '@elizaos/core';

/** A published provider plugin, and the settings that point it at a stand-in. */
export interface Primary {
  /** The provider name it registers its models under. */
  name: string;
  load(): Promise<Plugin>;
  /** @param url of the stand-in, with or without a path. */
  settings(url: string): Record<string, string>;
  /**
   * The environment variable from which the SDK reads its base URL, if no setting does it. Applies to the whole
   * process.
   */
  addressVariable?: string;
}

export const openai: Primary = {
  name: 'openai',
  load: async () => (await import('@elizaos/plugin-openai')).default,
  settings: (url) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'sk-primary' }),
};

export const anthropic: Primary = {
  name: 'anthropic',
  load: async () => (await import('@elizaos/plugin-anthropic')).anthropicPlugin as Plugin,
  settings: (url) => ({ ANTHROPIC_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-primary' }),
};

export const openrouter: Primary = {
  name: 'openrouter',
  load: async () => (await import('@elizaos/plugin-openrouter')).openrouterPlugin as Plugin,
  settings: (url) => ({ OPENROUTER_BASE_URL: `${url}/api/v1`, OPENROUTER_API_KEY: 'sk-or-primary' }),
};

export const groq: Primary = {
  name: 'groq',
  load: async () => (await import('@elizaos/plugin-groq')).groqPlugin as Plugin,
  settings: (url) => ({ GROQ_BASE_URL: `${url}/openai/v1`, GROQ_API_KEY: 'gsk-primary' }),
};

export const elizaCloud: Primary = {
  name: 'elizaOSCloud',
  load: async () => (await import('@elizaos/plugin-elizacloud')).elizaOSCloudPlugin as Plugin,
  settings: (url) => ({ ELIZAOS_CLOUD_BASE_URL: `${url}/api/v1`, ELIZAOS_CLOUD_API_KEY: 'eliza-primary' }),
};

export const ollama: Primary = {
  name: 'ollama',
  load: async () => (await import('@elizaos/plugin-ollama')).ollamaPlugin as Plugin,
  settings: (url) => ({ OLLAMA_API_ENDPOINT: `${url}/api` }),
};

/** The SDK reads its base URL from the environment, so the path of `url` is passed in the model names instead. */
export const googleGenAi: Primary = {
  name: 'google-genai',
  load: async () => (await import('@elizaos/plugin-google-genai')).googleGenAIPlugin as Plugin,
  settings(url) {
    const model = new URL(url).pathname.slice(1) || 'gemini';
    return {
      GOOGLE_GENERATIVE_AI_API_KEY: 'primary',
      GOOGLE_SMALL_MODEL: model,
      GOOGLE_LARGE_MODEL: model,
      GOOGLE_EMBEDDING_MODEL: model,
    };
  },
  addressVariable: 'GOOGLE_GEMINI_BASE_URL',
};

export const PRIMARIES: readonly Primary[] = [openai, anthropic, openrouter, groq, elizaCloud, ollama, googleGenAi];
