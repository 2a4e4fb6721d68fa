import { isRecord } from '../core/is-record.js';
import { answerError, errorInAnswer } from '../http/answer-error.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';
import { type ChatChunk, chatCompletionChunk } from './schemas.js';

/**
 * Reads one event of a chat stream.
 * @param name of the event.
 * @throws {UpstreamStatusError} for an error, whatever else the event carries.
 * @throws {InvalidResponseError} for anything that is not a chat chunk.
 */
export function readChatChunk(data: string, context: RequestContext, name?: string): ChatChunk {
  if (name === 'error') throw answerError(data, context);
  let event: unknown;
  try {
    // Not `parseJson`: the fields are read one by one and nothing is merged, so a key `__proto__` does no harm.
    event = JSON.parse(data);
  } catch {
    throw invalidResponse('sent an event that is not JSON', context);
  }
  if (isRecord(event) && addsOnlyText(event)) return event;
  // Before `choices`: an error event may carry both.
  const error = errorInAnswer(event, context);
  if (error) throw error;
  const chunk = chatCompletionChunk.safeParse(event);
  if (!chunk.success) throw invalidResponse('sent an event that is not a chat chunk', context);
  return chunk.data;
}

/**
 * True for a chunk that has the schema's shape and adds text, as nearly every chunk does. This saves the schema, which
 * takes half as long as parsing the JSON. (The schema leaves `tool_calls` unchecked, too.)
 */
function addsOnlyText(event: Record<string, unknown>): event is ChatChunk {
  const { model, choices, usage } = event as ChatChunk;
  if (typeof model !== 'string' || !Array.isArray(choices) || choices.length !== 1) return false;
  if (event.object === 'error' || event.type === 'error') return false;
  const choice = choices[0];
  if (choice?.index !== 0 || typeof choice.delta?.content !== 'string') return false;
  const { role, refusal } = choice.delta;
  const more = usage ?? choice.message ?? choice.finish_reason ?? role ?? refusal;
  if (more !== undefined && more !== null) return false;
  return !mayHoldError(event) && !mayHoldError(choice) && !mayHoldError(choice.delta);
}

function mayHoldError({ error, provider_specific_fields }: Record<string, unknown>): boolean {
  const held = error ?? provider_specific_fields;
  return held !== undefined && held !== null;
}
