import type { ChatMessage } from '../../../openai/chat-body.js';
import type { TextParams } from '../text-params.js';
import { readMessages } from './read-messages.js';

/** What a call says to the model, before anything is added to it. */
export interface Conversation {
  /** '' when there is none, and when the first message is the one. */
  system: string;
  /** At least one. */
  messages: readonly ChatMessage[];
  /** Number of parts that cannot be sent. */
  leftOut: number;
}

/**
 * The conversation of a call. `messages`, when there are any, take the place of the prompt.
 *
 * The system message is `system` where the params have that key at all, else the first message if it is one, else the
 * character's. core 2.x fills in `system`, and its first message often repeats it: then only one of the two is sent.
 * @param characterSystem the character's system prompt.
 * @throws {InvalidInputError} for messages of which none can be sent.
 */
export function conversationOf(params: TextParams, characterSystem: string | undefined): Conversation {
  const given = givenMessages(params);
  if (!given) return promptAlone(params, characterSystem);
  const { messages, leftOut } = readMessages(given);
  const [first, ...rest] = messages;
  const leading = first?.role === 'system' && typeof first.content === 'string' ? first.content.trim() : undefined;
  const system = ownSystem(params) ?? (leading === undefined ? (characterSystem ?? '') : '');
  if (leading === undefined || leading !== system) return { system, messages, leftOut };
  return rest.length > 0 ? { system, messages: rest, leftOut } : { system: '', messages, leftOut };
}

/** The conversation of a call that has only a prompt. */
export function promptAlone(params: TextParams, characterSystem: string | undefined): Conversation {
  const messages = [{ role: 'user' as const, content: params.prompt }];
  return { system: ownSystem(params) ?? characterSystem ?? '', messages, leftOut: 0 };
}

/** Undefined without the key. '' is the wish for none. */
function ownSystem(params: TextParams): string | undefined {
  if (!Object.hasOwn(params, 'system')) return undefined;
  return typeof params.system === 'string' ? params.system.trim() : '';
}

/** The messages that stand for the prompt; undefined for none, and for an empty list. */
export function givenMessages({ messages }: TextParams): readonly unknown[] | undefined {
  return Array.isArray(messages) && messages.length > 0 ? messages : undefined;
}

/** The text of a message, without images, files and tool calls. */
export function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** Length of all text in messages, in characters, with the arguments of tool calls. */
export function lengthOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => {
    const calls = (message.tool_calls ?? []).map(({ function: { name, arguments: args } }) => name + args);
    return sum + textOf(message).length + calls.join('').length;
  }, 0);
}
