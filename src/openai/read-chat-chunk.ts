import { isRecord } from '../core/is-record.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';
import { statusError } from '../http/status-error.js';
import { type ChatChunk, chatCompletionChunk, streamError } from './schemas.js';

/** LiteLLM puts the status of an error inside a stream into its `code`. Without one, the upstream is taken to have failed. */
const DEFAULT_STATUS = 500;

/**
 * Reads one event of a chat stream.
 * @throws {UpstreamStatusError} for an `error` event, whatever else it carries.
 * @throws {InvalidResponseError} for anything that is not a chat chunk.
 */
export function readChatChunk(data: string, context: RequestContext): ChatChunk {
  let event: unknown;
  try {
    // Not `parseJson`: the fields are read one by one and nothing is merged, so a key `__proto__` does no harm.
    event = JSON.parse(data);
  } catch {
    throw invalidResponse('sent an event that is not JSON', context);
  }
  if (isRecord(event)) {
    // Before `choices`: an error event may carry both.
    if (event.error !== undefined && event.error !== null) throw errorOf(event, context);
    if (addsOnlyText(event)) return event;
  }
  const chunk = chatCompletionChunk.safeParse(event);
  if (!chunk.success) throw invalidResponse('sent an event that is not a chat chunk', context);
  return chunk.data;
}

function errorOf(event: object, context: RequestContext): Error {
  const { message, code } = streamError.parse(event).error;
  const status = Number(code);
  const isStatus = status >= 400 && status < 600;
  return statusError(isStatus ? status : DEFAULT_STATUS, message ?? '', context);
}

/**
 * True for a chunk that has the schema's shape and adds text, as nearly every chunk does. This saves the schema, which
 * takes half as long as parsing the JSON. (The schema leaves `tool_calls` unchecked, too.)
 */
function addsOnlyText(event: Record<string, unknown>): event is ChatChunk {
  const { model, choices, usage } = event as ChatChunk;
  if (typeof model !== 'string' || !Array.isArray(choices) || choices.length !== 1) return false;
  const choice = choices[0];
  if (choice?.index !== 0 || typeof choice.delta?.content !== 'string') return false;
  const { role, refusal, provider_specific_fields } = choice.delta;
  const more = usage ?? choice.message ?? choice.finish_reason ?? role ?? refusal ?? provider_specific_fields;
  return more === undefined || more === null;
}
