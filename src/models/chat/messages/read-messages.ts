import { InvalidInputError } from '../../../core/errors.js';
import { isRecord } from '../../../core/is-record.js';
import type { ChatMessage, MessagePart } from '../../../openai/chat-body.js';
import { readParts, textIn } from './message-parts.js';
import { pairResults } from './pair-results.js';
import { announcedCalls, toolResults } from './tool-turns.js';

/** Stands in for a user message of which nothing can be sent. */
const LEFT_OUT = '(an attachment that cannot be sent)';

export interface ReadMessages {
  messages: ChatMessage[];
  /** Number of parts that cannot be sent. */
  leftOut: number;
}

/**
 * Reads the `messages` of a call's params (core 2.x), in the dialects of core, the AI SDK and OpenAI. Addresses of images
 * are left unchanged; they are not checked here.
 * @throws {InvalidInputError} when none of them can be sent.
 */
export function readMessages(given: readonly unknown[]): ReadMessages {
  const read: ChatMessage[] = [];
  let leftOut = 0;
  for (const message of given) {
    if (!isRecord(message)) continue;
    const { messages, leftOut: ofMessage = 0 } = readMessage(message);
    read.push(...messages);
    leftOut += ofMessage;
  }
  if (read.length === 0) throw new InvalidInputError('messages hold nothing that can be sent');
  return { messages: pairResults(read), leftOut };
}

function readMessage(message: Record<string, unknown>): { messages: ChatMessage[]; leftOut?: number } {
  const { role, content } = message;
  if (role === 'tool') return { messages: toolResults(message) };
  if (role === 'system' || role === 'developer') return { messages: systemMessage(content) };
  const { parts, leftOut } = readParts(content);
  if (role === 'assistant') return { messages: assistantMessage(parts, message), leftOut };
  if (parts.length === 0 && leftOut > 0) return { messages: [{ role: 'user', content: LEFT_OUT }], leftOut };
  return { messages: [{ role: 'user', content: compact(parts) }], leftOut };
}

function systemMessage(content: unknown): ChatMessage[] {
  const text = textIn(content, '\n');
  return text.trim() === '' ? [] : [{ role: 'system', content: text }];
}

/** Only text: no API takes images or files that a model is said to have sent. */
function assistantMessage(parts: readonly MessagePart[], message: Record<string, unknown>): ChatMessage[] {
  const content = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const tool_calls = announcedCalls(message);
  if (tool_calls.length > 0) return [{ role: 'assistant', content: content || null, tool_calls }];
  return content === '' ? [] : [{ role: 'assistant', content }];
}

/** One string where all parts are text: some servers take no lists. */
function compact(parts: readonly MessagePart[]): string | readonly MessagePart[] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n') : parts;
}
