import { UPSTREAM_MODELS } from './misbehaving-provider.js';

/** The answers of LiteLLM's mock models. */
export const MOCK_TEXT = 'The answer comes from a real LiteLLM.';
export const MOCK_IMAGE_URL = 'http://images.invalid/mock.png';
/** Quarters are exact in every float format. Unlike a fallback vector, it has many non-zero values. */
export const MOCK_VECTOR = Array.from({ length: 1536 }, (_, index) => ((index % 7) - 3) / 4);

interface Deployment {
  model_name: string;
  litellm_params: Record<string, unknown>;
}

/** The `config.yaml` of the proxy, as JSON, which is valid YAML. */
export function proxyConfig(
  masterKey: string,
  upstreamUrl: string | undefined,
  fallbacks: Record<string, string[]>,
): string {
  const forwarded = upstreamUrl ? Object.keys(UPSTREAM_MODELS).map((name) => forward(name, upstreamUrl)) : [];
  return JSON.stringify({
    model_list: [
      mock('gpt-4o-mini', MOCK_TEXT),
      mock('gpt-4o', MOCK_TEXT),
      // A list: LiteLLM would pass a string through as the embedding.
      mock('text-embedding-3-small', MOCK_VECTOR),
      mock('dall-e-3', MOCK_IMAGE_URL),
      ...forwarded,
    ],
    general_settings: { master_key: masterKey },
    // LiteLLM's default of 2 retries delays each failure by 4 to 23 s, with the same result. Embeddings and images keep
    // the 2 retries of the OpenAI SDK inside LiteLLM.
    router_settings: {
      num_retries: 0,
      fallbacks: Object.entries(fallbacks).map(([model, others]) => ({ [model]: others })),
    },
    litellm_settings: { telemetry: false },
  });
}

function mock(name: string, response: unknown): Deployment {
  return {
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_key: 'sk-mock', mock_response: response },
  };
}

function forward(name: string, upstreamUrl: string): Deployment {
  return {
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${upstreamUrl}/v1`, api_key: 'sk-stand-in' },
  };
}
