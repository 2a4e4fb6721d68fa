import { body } from './chat-replies.js';
import type { Fault } from './stand-in/fault.js';
import type { RecordedRequest } from './stand-in/server.js';

/** The texts of a request for embeddings. */
export function textsOf({ body }: Pick<RecordedRequest, 'body'>): string[] {
  return [body.input].flat() as string[];
}

/** An answer with these entries in `data`. */
export function embeddingData(data: readonly unknown[], usage: unknown = { prompt_tokens: 7, total_tokens: 7 }): Fault {
  return body(JSON.stringify({ object: 'list', data, usage }));
}

/** A vector that tells its text: its length, its first character, and ones. */
export function vectorOf(text: string, width = 16): number[] {
  return [text.length, text.charCodeAt(0), ...new Array<number>(width - 2).fill(1)];
}

/** A refusal, with the upstream's words. */
export function refusal(message: string, status = 400): Fault {
  return { kind: 'status', status, body: JSON.stringify({ error: { message, type: 'invalid_request_error' } }) };
}
