import { isRecord } from '../../../core/is-record.js';
import type { AnnouncedCall, ChatMessage } from '../../../openai/chat-body.js';
import { toolNameFor } from '../tools/tool-name.js';
import { textIn } from './message-parts.js';

/** The id of a result that names no call. No call has it, so the result is sent as a user message. */
const NO_ID = 'unknown_call';

/** The tool result of a message, with the name of its tool, which OpenAI's API has no field for. */
export interface ToolResult extends ChatMessage {
  role: 'tool';
  tool_call_id: string;
  content: string;
}

/**
 * The calls in an assistant message: those in its field `toolCalls`, and the parts of its content that are calls. An id
 * that is in both counts once. Calls without an id or a name are skipped.
 */
export function announcedCalls(message: Record<string, unknown>): AnnouncedCall[] {
  const parts = Array.isArray(message.content) ? message.content.filter((part) => isPart(part, 'tool-call')) : [];
  const given = [...(Array.isArray(message.toolCalls) ? message.toolCalls : []), ...parts];
  const calls = new Map<string, AnnouncedCall>();
  for (const call of given.map(announcedCall)) if (call && !calls.has(call.id)) calls.set(call.id, call);
  return [...calls.values()];
}

/** Takes the first of each field's names: core's own, the AI SDK's and OpenAI's. */
function announcedCall(given: unknown): AnnouncedCall | undefined {
  if (!isRecord(given)) return undefined;
  const called = isRecord(given.function) ? given.function : {};
  const id = firstText(given.toolCallId, given.id);
  const name = firstText(given.toolName, given.name, called.name);
  if (id === undefined || name === undefined) return undefined;
  const args = given.input ?? given.arguments ?? called.arguments;
  return { id, type: 'function', function: { name: toolNameFor(name), arguments: argumentsText(args) } };
}

/** Text is kept as it is: the model wrote it, and it may be no JSON. */
function argumentsText(args: unknown): string {
  if (typeof args === 'string') return args.trim() === '' ? '{}' : args;
  return JSON.stringify(args ?? {}) ?? '{}';
}

/** The results in a tool message: one for each part that is a result, else its content as a whole. */
export function toolResults(message: Record<string, unknown>): ToolResult[] {
  const { content } = message;
  const parts = Array.isArray(content) ? content.filter((part) => isPart(part, 'tool-result')) : [];
  if (parts.length > 0) return parts.map((part) => toolResult(part.toolCallId, outputText(part.output ?? part.result)));
  return [toolResult(firstText(message.toolCallId, message.id), contentText(content))];
}

function toolResult(id: unknown, content: string): ToolResult {
  return { role: 'tool', tool_call_id: firstText(id) ?? NO_ID, content };
}

/** `{ type: 'text' | 'json' | 'error-text' | …, value }`, or the bare value of older versions. */
function outputText(output: unknown): string {
  const value = isRecord(output) && typeof output.type === 'string' && 'value' in output ? output.value : output;
  return contentText(value);
}

function contentText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every((part) => isPart(part, 'text'))) return textIn(value);
  return JSON.stringify(value) ?? '';
}

function isPart(part: unknown, type: string): part is Record<string, unknown> {
  return isRecord(part) && part.type === type;
}

function firstText(...candidates: unknown[]): string | undefined {
  return candidates.find((text): text is string => typeof text === 'string' && text.trim() !== '');
}
