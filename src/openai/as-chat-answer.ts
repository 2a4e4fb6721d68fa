import { errorInAnswer } from '../http/answer-error.js';
import { parseAnswer, readJson } from '../http/as-json.js';
import { EventParser } from '../http/event-parser.js';
import { readBytes, textOf } from '../http/read-bytes.js';
import type { ResponseReader } from '../http/request.js';
import type { RequestContext } from '../http/request-context.js';
import { ChatReader, type ChatStreamEnd } from './chat-reader.js';
import { assertNotFailed } from './no-text-error.js';
import { callsTools, chatCompletion, isRefused } from './schemas.js';
import { type SentCall, toolCallsIn } from './tool-calls.js';

const LIMIT_BYTES = 16 * 1024 * 1024;
/** The first line of an event stream: a field or a comment. */
const EVENT_STREAM = /^\s*(?:(?:data|event|id|retry)\s*:|:)/;
const START_BYTES = 1024;

/** The answer of a chat call that was not streamed. */
export interface ChatAnswer {
  /** '' when there is none; `end` may tell why. */
  text: string;
  calls: readonly SentCall[];
  end: ChatStreamEnd;
}

/**
 * Reads a plain chat answer. A server that streams although it was not asked to is read as well.
 * @throws {UpstreamStatusError} for an error under status 200, whatever else the answer carries.
 * @throws {InvalidResponseError} for an answer that is not a chat completion, and for one that broke off.
 */
export const asChatAnswer: ResponseReader<ChatAnswer> = {
  accept: 'application/json',
  async read({ body, context }) {
    const bytes = await readBytes(body, LIMIT_BYTES, context);
    const isStream = EVENT_STREAM.test(textOf(bytes.subarray(0, START_BYTES)));
    return isStream ? assemble(bytes, context) : readCompletion(textOf(bytes), context);
  },
};

function readCompletion(text: string, context: RequestContext): ChatAnswer {
  const json = readJson(text, context);
  const error = errorInAnswer(json, context);
  if (error) throw error;
  const { choices, usage } = parseAnswer(json, chatCompletion, context);
  // Some servers put text and tool calls into choices of their own.
  const { message, finish_reason } =
    choices.find((choice) => choice.message.content) ?? (choices[0] as (typeof choices)[0]);
  const calling = choices.find((choice) => callsTools(choice.message));
  assertNotFailed(finish_reason, context);
  assertNotFailed(calling?.finish_reason, context);
  return {
    text: message.content ?? '',
    calls: calling ? toolCallsIn(calling.message) : [],
    end: {
      finishReason: (calling?.finish_reason === 'length' ? 'length' : finish_reason) ?? undefined,
      refused: isRefused(message),
      calledTools: callsTools(message),
      usage: usage ?? undefined,
    },
  };
}

function assemble(bytes: Uint8Array, context: RequestContext): ChatAnswer {
  const parser = new EventParser(context);
  const reader = new ChatReader(context, { takesCalls: true });
  let text = '';
  for (const event of [...parser.parse(bytes), ...parser.end()]) {
    if (!reader.done) text += reader.read(event) ?? '';
  }
  reader.finish();
  return { text, calls: reader.calls.calls, end: reader.end };
}
