import { classifyResponse } from '../core/classify-failure.js';
import { UpstreamStatusError } from '../core/errors.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { Endpoint } from './endpoint.js';
import { readStart } from './read-body.js';
import type { RequestContext } from './send.js';
import type { WireResponse } from './transport/transport.js';

const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
const UPSTREAM_MESSAGE_CHARS = 500;

/** What to do about it, where there is something to do. */
const NEXT_STEP: Partial<Record<FailureKind, string>> = {
  auth: 'set ELIZANET_API_KEY to a key it accepts',
  model_not_found: 'set the ELIZANET_…_MODEL setting to a model it has (GET /v1/models lists them)',
  content_policy: 'its safety system refuses the prompt; another wording may pass',
  quota: 'its account is out of credit',
  rate_limit: 'it limits the rate of requests',
  context_length: 'shorten the prompt, or set the ELIZANET_…_MODEL setting to a model with a larger context',
  timeout: 'the model behind it took too long',
};
const WRONG_ADDRESS = 'check that ELIZANET_BASE_URL is an OpenAI-compatible endpoint';

/**
 * Reads an error response and makes the error for it. Never throws itself, and never shows the upstream's words.
 * @param request the body that was sent; what the upstream quotes of it decides nothing.
 */
export async function upstreamStatusError(
  endpoint: Endpoint,
  { statusCode, headers, body }: WireResponse,
  context: RequestContext,
  request?: string | Uint8Array,
): Promise<UpstreamStatusError> {
  // The status says enough; a body that cannot be read must not hide it.
  const text = await readStart(body, ERROR_BODY_LIMIT_BYTES).catch(() => '');
  const response = { status: statusCode, headers, body: text };
  const failure = classifyResponse(response, endpoint.clock.wallNow(), { request });
  return statusError(statusCode, messageIn(text), context, endpoint.apiKey, failure.retryAfterMs, failure);
}

/** Makes the error for a status and the upstream's words, wherever they came from: a response or an SSE event. */
export function statusError(
  statusCode: number,
  upstreamMessage: string,
  { requestId, model, attempt }: RequestContext,
  apiKey?: string,
  statedWaitMs?: number,
  { kind, retryAfterMs, evidence } = classifyResponse(
    { status: statusCode, body: upstreamMessage, headers: { 'retry-after-ms': statedWaitMs } },
    0,
  ),
): UpstreamStatusError {
  const isUnknownPath = kind === 'request' && (statusCode === 404 || statusCode === 405);
  const nextStep = isUnknownPath ? WRONG_ADDRESS : NEXT_STEP[kind];
  const about = model ? ` for model ${JSON.stringify(model)}` : '';
  const message = `ElizaNet answered ${statusCode} (${kind})${about}${nextStep ? `: ${nextStep}` : ''}`;
  const withoutKey = apiKey ? upstreamMessage.replaceAll(apiKey, '***') : upstreamMessage;
  const failure = { kind, statusCode, requestId, retryAfterMs, evidence };
  return new UpstreamStatusError(message, failure, withoutKey.slice(0, UPSTREAM_MESSAGE_CHARS), { model, attempt });
}

/** LiteLLM: `{"error":{"message"}}`, `{"detail":{"error"}}`, `{"detail":"Not Found"}`, or plain text. */
function messageIn(text: string): string {
  try {
    const body = JSON.parse(text);
    const error = body?.error ?? body?.detail?.error ?? body?.detail;
    const message = error?.message ?? error;
    const code = typeof error?.code === 'string' ? `${error.code} ` : '';
    return typeof message === 'string' ? code + message : text;
  } catch {
    return text;
  }
}
