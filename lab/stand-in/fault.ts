/** How a stand-in fails. The last six apply to streams, after `afterChunks` chunks (default 2). */
export type Fault =
  | { kind: 'none' }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string; contentType?: string }
  /** Destroys the socket when the request has arrived. */
  | { kind: 'drop' }
  /** Never responds, or breaks the connection off after a time, in milliseconds. */
  | { kind: 'hang'; endsAfterMs?: number }
  /** 200, and then nothing but what keeps the connection open: comments in a stream, blanks elsewhere. */
  | { kind: 'keep-alive' }
  /** 200 with an HTML page. */
  | { kind: 'garbage' }
  /** 200 with JSON of the wrong shape. */
  | { kind: 'mis-shaped' }
  /** 200 with an error object instead of an answer, as some proxies and OpenRouter send it. */
  | { kind: 'error-inside' }
  /** 200 with half a body, then destroys the socket. */
  | { kind: 'cut-body' }
  | { kind: 'cut'; afterChunks?: number }
  | { kind: 'error-event'; afterChunks?: number }
  /** OpenAI's `response.failed` event; an error event in protocols without one. */
  | { kind: 'failed-event'; afterChunks?: number }
  | { kind: 'no-finish'; afterChunks?: number }
  | { kind: 'stall'; afterChunks?: number; endsAfterMs?: number }
  /** A stream without text, with or without its final events. */
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
