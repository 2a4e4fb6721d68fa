import type { Fault } from './stand-in/fault.js';
import type { RecordedRequest } from './stand-in/server.js';

type Json = Record<string, unknown>;

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

/** A chat completion whose message has these fields. */
export function chatMessage(message: Json, finish_reason: unknown = 'stop', usage: unknown = USAGE): Fault {
  return body(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }], usage }),
  );
}

/** A chat completion with this text. */
export function chatText(content: string, finish_reason?: string): Fault {
  return chatMessage({ content }, finish_reason);
}

/** Status 200 with this body. */
export function body(text: string): Fault {
  return { kind: 'status', status: 200, body: text };
}

/** A stream of these events, each sent as one `data` line. */
export function chatEvents(events: readonly unknown[]): Fault {
  const lines = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  return { kind: 'status', status: 200, contentType: 'text/event-stream', body: lines.join('') };
}

/** One chunk of a chat stream. */
export function chatChunk(delta: Json, finish_reason: string | null = null, rest: Json = {}): Json {
  return { id: 'chatcmpl-1', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }], ...rest };
}

/** One fault per request, in order; the last one for every further request. */
export function inTurn(...faults: readonly Fault[]): () => Fault {
  let count = 0;
  return () => faults[Math.min(count++, faults.length - 1)] as Fault;
}

/** An error response with this message, in OpenAI's format. LiteLLM uses it too. */
export function refusal(message: string, status = 400): Fault {
  const error = { message, type: 'invalid_request_error', param: null, code: null };
  return { kind: 'status', status, body: JSON.stringify({ error }) };
}

/**
 * A model that rejects some fields, one per response as OpenAI does, and answers a request without them.
 * @param words the error message for each field, by its name.
 */
export function refusing(
  words: Readonly<Record<string, string>>,
  answer: Fault = { kind: 'none' },
): (request: RecordedRequest) => Fault {
  return ({ body }) => {
    const field = Object.keys(words).find((name) => body[name] !== undefined);
    return field ? refusal(words[field] as string) : answer;
  };
}
