import { body } from './chat-replies.js';
import type { Fault } from './stand-in/fault.js';
import type { RecordedRequest } from './stand-in/server.js';

/** The texts of an embeddings request. */
export function textsOf({ body }: Pick<RecordedRequest, 'body'>): string[] {
  return [body.input].flat() as string[];
}

/** An embeddings response with these entries in `data`. */
export function embeddingData(data: readonly unknown[], usage: unknown = { prompt_tokens: 7, total_tokens: 7 }): Fault {
  return body(JSON.stringify({ object: 'list', data, usage }));
}

/** A vector that identifies its text: its length, its first character code, then ones. */
export function vectorOf(text: string, width = 16): number[] {
  return [text.length, text.charCodeAt(0), ...new Array<number>(width - 2).fill(1)];
}
