import type { ChatMessage } from '../../../openai/chat-body.js';

const NO_RESULT = 'No result of this call is known.';

/**
 * Puts the results of tool calls where OpenAI's API wants them: directly behind the assistant message with their calls.
 * Histories are cut at the front, and other messages can stand between.
 *
 * A result without an earlier call becomes a user message. A call without a result gets one that says so.
 */
export function pairResults(messages: readonly ChatMessage[]): ChatMessage[] {
  const results = new Map<ChatMessage, ChatMessage[]>();
  /** The last message with a call of this id that has no result yet: ids can come back in later turns. */
  const waiting = new Map<string, ChatMessage>();
  const others: ChatMessage[] = [];
  for (const message of messages) {
    const caller = message.role === 'tool' ? waiting.get(message.tool_call_id ?? '') : undefined;
    if (caller) {
      waiting.delete(message.tool_call_id ?? '');
      results.get(caller)?.push(message);
      continue;
    }
    others.push(message.role === 'tool' ? resultInWords(message) : message);
    if (!message.tool_calls?.length) continue;
    results.set(message, []);
    for (const { id } of message.tool_calls) waiting.set(id, message);
  }
  return others.flatMap((message) => {
    const own = results.get(message);
    return own ? [message, ...own, ...missing(message, own)] : [message];
  });
}

function missing({ tool_calls = [] }: ChatMessage, results: readonly ChatMessage[]): ChatMessage[] {
  return tool_calls
    .filter(({ id }) => !results.some(({ tool_call_id }) => tool_call_id === id))
    .map(({ id }) => ({ role: 'tool', tool_call_id: id, content: NO_RESULT }));
}

/** A result of a tool that no message announced, in words. */
export function resultInWords({ content }: ChatMessage): ChatMessage {
  return { role: 'user', content: `Result of a tool call:\n${typeof content === 'string' ? content : ''}` };
}
