import { randomUUID } from 'node:crypto';
import { OutputIncompleteError } from '../../../core/errors.js';
import { isRecord } from '../../../core/is-record.js';
import { invalidResponse } from '../../../http/invalid-response.js';
import type { RequestContext } from '../../../http/request-context.js';
import type { ChatStreamEnd } from '../../../openai/chat-reader.js';
import type { SentCall } from '../../../openai/tool-calls.js';
import { makePlain } from '../../object/plain-data.js';
import type { OfferedTools } from './read-tools.js';

/** A call of a tool, as core 2.x takes it. */
export interface ToolCall {
  /** Not blank, and unique within the answer. */
  id: string;
  /** As the caller has named the tool. */
  name: string;
  arguments: Record<string, unknown>;
}

/**
 * Checks the tool calls of an answer. Calls of tools that were not offered are left out where there are others.
 *
 * Arguments that are no JSON are the only sign of a stream that was cut: LiteLLM ends it with `stop` and `[DONE]` when it loses its
 * provider.
 * @throws {OutputIncompleteError} for arguments that the token limit cut off.
 * @throws {InvalidResponseError} for other arguments that are no JSON object, and when no call is of an offered tool.
 */
export function takeCalls(
  calls: readonly SentCall[],
  offered: OfferedTools,
  end: ChatStreamEnd,
  about: RequestContext,
): ToolCall[] {
  const ids = new Set<string>();
  const taken = calls.flatMap((call) => {
    const name = call.name === undefined ? undefined : offered.names.get(call.name);
    if (name === undefined) return [];
    const args = argumentsOf(call);
    if (!args || isLost(call, offered, end)) {
      if (end.finishReason === 'length') throw new OutputIncompleteError(about.endpoint.name, about);
      throw invalidResponse('broke off the arguments of a tool call, or sent some that are no JSON object', about);
    }
    const id = call.id !== undefined && !ids.has(call.id) ? call.id : `call_${randomUUID().replaceAll('-', '')}`;
    ids.add(id);
    return [{ id, name, arguments: args }];
  });
  if (calls.length > 0 && taken.length === 0) throw invalidResponse('called a tool that was not offered', about);
  return taken;
}

/** @returns undefined for arguments that are no JSON object, or none that can be passed on. */
function argumentsOf({ arguments: args }: SentCall): Record<string, unknown> | undefined {
  const value = typeof args === 'string' ? parse(args) : args;
  // Some models write the JSON text as JSON once more.
  const object = typeof value === 'string' ? parse(value) : value;
  return isRecord(object) && !makePlain(object) ? object : undefined;
}

function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return undefined;
  }
}

/**
 * True for a call without any arguments, of a tool that requires some, in an answer that does not say that it ended with
 * calls: the stream was cut before the first of them.
 */
function isLost(
  { name, arguments: args }: SentCall,
  { tools }: OfferedTools,
  { finishReason }: ChatStreamEnd,
): boolean {
  if (args !== '' || finishReason === 'tool_calls' || finishReason === 'function_call') return false;
  const { required } = tools.find((tool) => tool.function.name === name)?.function.parameters ?? {};
  return Array.isArray(required) && required.length > 0;
}
