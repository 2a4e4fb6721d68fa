import type { Reply, Script } from './protocols.js';

type Body = Record<string, unknown>;

/** Anthropic's `/messages`, without streaming: the published plugin never streams. */
export function messages(body: Body, script: Script): Reply {
  // For objects, the plugin asks for JSON in the system prompt.
  const wantsJson = JSON.stringify(body.system ?? '').includes('valid JSON');
  const text = wantsJson ? JSON.stringify(script.object) : script.text(body);
  return {
    kind: 'json',
    json: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: body.model,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 7, output_tokens: 3 },
    },
  };
}

/** The error body Anthropic sends with a status. */
export function anthropicError(status: number): string {
  const [type, message] = ANTHROPIC_ERRORS[status] ?? ['api_error', 'Internal server error'];
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });
}

const ANTHROPIC_ERRORS: Record<number, [string, string]> = {
  400: ['invalid_request_error', 'max_tokens: must be greater than 0'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'There is an issue with your billing.'],
  429: ['rate_limit_error', 'This request would exceed your rate limit.'],
  529: ['overloaded_error', 'Overloaded'],
};
