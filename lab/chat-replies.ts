import type { Fault } from './stand-in/fault.js';
import type { RecordedRequest } from './stand-in/server.js';

type Json = Record<string, unknown>;

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

/** A plain answer with these fields in its message, in place of what a stand-in says of itself. */
export function chatMessage(message: Json, finish_reason: unknown = 'stop', usage: unknown = USAGE): Fault {
  return body(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }], usage }),
  );
}

/** A plain answer, its text only. */
export function chatText(content: string, finish_reason?: string): Fault {
  return chatMessage({ content }, finish_reason);
}

/** Any body at all, with status 200. */
export function body(text: string): Fault {
  return { kind: 'status', status: 200, body: text };
}

/** The events of a stream, as they are; each is written as one `data` line. */
export function chatEvents(events: readonly unknown[]): Fault {
  const lines = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  return { kind: 'status', status: 200, contentType: 'text/event-stream', body: lines.join('') };
}

/** One piece of a stream. */
export function chatChunk(delta: Json, finish_reason: string | null = null, rest: Json = {}): Json {
  return { id: 'chatcmpl-1', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }], ...rest };
}

/** Answers one after the other, the last one for ever. */
export function inTurn(...faults: readonly Fault[]): () => Fault {
  let count = 0;
  return () => faults[Math.min(count++, faults.length - 1)] as Fault;
}

/** A refusal in the words of OpenAI, or of LiteLLM before it asks anybody. */
export function refusal(message: string): Fault {
  const error = { message, type: 'invalid_request_error', param: null, code: null };
  return { kind: 'status', status: 400, body: JSON.stringify({ error }) };
}

/**
 * A model that refuses some fields, one at a time as OpenAI does, and answers a request without them.
 * @param words what is said of each field, by its name.
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
