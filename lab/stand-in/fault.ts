/** How a stand-in misbehaves. The last six concern streams, after `afterChunks` (default 2) pieces of text. */
export type Fault =
  | { kind: 'none' }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string; contentType?: string }
  /** The socket is destroyed as soon as the request is there. */
  | { kind: 'drop' }
  /** No answer, ever. */
  | { kind: 'hang' }
  /** 200 with something that is not JSON. */
  | { kind: 'garbage' }
  /** 200 with JSON of the wrong shape. */
  | { kind: 'mis-shaped' }
  /** 200 with an error in place of the answer, as proxies and OpenRouter send it. */
  | { kind: 'error-inside' }
  /** 200 with half an answer, and then the socket is destroyed. */
  | { kind: 'cut-body' }
  | { kind: 'cut'; afterChunks?: number }
  | { kind: 'error-event'; afterChunks?: number }
  /** OpenAI's `response.failed`; an error event where the protocol has no such thing. */
  | { kind: 'failed-event'; afterChunks?: number }
  | { kind: 'no-finish'; afterChunks?: number }
  | { kind: 'stall'; afterChunks?: number }
  /** A stream with no text at all, with or without a proper end. */
  | { kind: 'empty-stream'; finish: boolean };

export const HEALTHY: Fault = { kind: 'none' };

/** The error body OpenAI sends with a status. */
export function openAiError(status: number): string {
  const [code, message] = OPENAI_ERRORS[status] ?? ['server_error', 'The server had an error'];
  return JSON.stringify({ error: { message, type: code, param: null, code } });
}

const OPENAI_ERRORS: Record<number, [string, string]> = {
  400: ['invalid_value', "Invalid value for 'input'."],
  401: ['invalid_api_key', 'Incorrect API key provided.'],
  402: ['payment_required', 'Payment required.'],
  429: ['rate_limit_exceeded', 'Rate limit reached for requests.'],
};
