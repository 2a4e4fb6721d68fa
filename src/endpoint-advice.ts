import { settingOf } from './endpoint-settings.js';
import type { EndpointAdvice } from './http/endpoint-advice.js';

/** ElizaNet's name in messages. */
export const ELIZANET_NAME = 'ElizaNet';

/** Which setting to change when a request to ElizaNet fails. Completes the messages of its errors. */
export const ELIZANET_ADVICE: EndpointAdvice = Object.freeze({
  busy: 'raise ELIZANET_MAX_CONCURRENCY if it can take more',
  unreachable: 'check ELIZANET_BASE_URL',
  slow: 'raise ELIZANET_TIMEOUT (ELIZANET_MEDIA_TIMEOUT for images and audio) if its models need longer',
  redirected: 'if that is right, set ELIZANET_BASE_URL to it',
  unknownPath: 'check that ELIZANET_BASE_URL is an OpenAI-compatible endpoint',
  status: Object.freeze({
    auth: 'set ELIZANET_API_KEY to a key it accepts',
    model_not_found: 'set the ELIZANET_…_MODEL setting to a model it has (GET /v1/models lists them)',
    content_policy: 'its safety system refuses the prompt; another wording may pass',
    quota: 'its account is out of credit',
    rate_limit: 'it limits the rate of requests',
    context_length: 'shorten the prompt, or set the ELIZANET_…_MODEL setting to a model with a larger context',
    timeout: 'the model behind it took too long',
  }),
});

/** The name of an endpoint in messages: `ElizaNet` for the first one, `ElizaNet 2`. */
export function endpointName(number: number): string {
  return number === 1 ? ELIZANET_NAME : `${ELIZANET_NAME} ${number}`;
}

/** The same advice with the names of the endpoint's own settings. */
export function endpointAdvice(number: number): EndpointAdvice {
  if (number === 1) return ELIZANET_ADVICE;
  const { status, ...situations } = ELIZANET_ADVICE;
  const own = (advice: object) =>
    Object.fromEntries(Object.entries(advice).map(([key, text]) => [key, withOwnSettings(text, number)]));
  return { ...own(situations), status: own(status ?? {}) };
}

function withOwnSettings(text: string, number: number): string {
  return text.replace(/ELIZANET_(?:BASE_URL|API_KEY|MAX_CONCURRENCY|…_MODEL)/g, (name) => settingOf(name, number));
}
