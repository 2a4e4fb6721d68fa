import { InvalidResponseError } from '../core/errors.js';
import type { RequestContext } from '../http/request-context.js';
import { statusError } from '../http/status-error.js';
import { type ChatChunk, chatCompletionChunk, streamError } from './schemas.js';

/** LiteLLM writes the status of an error inside a stream into its `code`; without one it is the upstream's fault. */
const STATUS_WHEN_UNSTATED = 500;

/**
 * Reads one event of a chat stream.
 * @throws {UpstreamStatusError} for an `error` event, whatever else it carries.
 * @throws {InvalidResponseError} for anything that is not a chat chunk.
 */
export function readChatChunk(data: string, context: RequestContext): ChatChunk {
  let event: unknown;
  try {
    // Its fields are read one by one and none of it is kept, so a key `__proto__` is as good as any other.
    event = JSON.parse(data);
  } catch {
    throw new InvalidResponseError('ElizaNet sent an event that is not JSON', context);
  }
  if (isRecord(event)) {
    // Before `choices`: an error event may carry both.
    if (event.error !== undefined && event.error !== null) throw errorOf(event, context);
    if (isPlain(event)) return event;
  }
  const chunk = chatCompletionChunk.safeParse(event);
  if (!chunk.success) throw new InvalidResponseError('ElizaNet sent an event that is not a chat chunk', context);
  return chunk.data;
}

function errorOf(event: object, context: RequestContext): Error {
  const { message, code } = streamError.parse(event).error;
  const status = Number(code);
  const stated = status >= 400 && status < 600;
  return statusError(stated ? status : STATUS_WHEN_UNSTATED, message ?? '', context);
}

/**
 * True for a chunk that adds text and nothing else, which is nearly all of them: there is one for each few letters of an
 * answer, and the schema would take as long as parsing the JSON did.
 */
function isPlain(event: Record<string, unknown>): event is ChatChunk {
  const { choices, model, usage } = event;
  if (!Array.isArray(choices) || choices.length !== 1 || !isText(model) || isSet(usage)) return false;
  const choice: unknown = choices[0];
  if (!isRecord(choice) || choice.index !== 0 || !isText(choice.finish_reason) || !isRecord(choice.delta)) return false;
  const { role, content, refusal, tool_calls, provider_specific_fields } = choice.delta;
  return isText(role) && isText(content) && !isSet(refusal) && !isSet(tool_calls) && !isSet(provider_specific_fields);
}

function isText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || !isSet(value);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
