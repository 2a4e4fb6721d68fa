import type { ChatMessage } from '../../openai/chat-body.js';

/** Adds a text to the first system message, or puts a new one in front. */
export function withInstructions(messages: readonly ChatMessage[], text: string): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  if (first?.role !== 'system' || typeof first.content !== 'string')
    return [{ role: 'system', content: text }, ...messages];
  return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest];
}
