import { isRecord } from '../../core/is-record.js';
import type { RequestContext } from '../../http/request-context.js';
import type { ChatAnswer } from '../../openai/as-chat-answer.js';
import type { ChatRequest } from '../../openai/chat-body.js';
import type { ChatReaderOptions } from '../../openai/chat-reader.js';
import { readJson } from '../object/read-json.js';
import { withoutThinking } from '../object/without-thinking.js';
import type { ResponseSchema } from './response-schema.js';
import type { NativeCall } from './text-call.js';
import { callsInText } from './tools/calls-in-text.js';
import { type ToolCall, takeCalls } from './tools/take-calls.js';

/** The text and the tool calls of an answer, as the caller gets them. */
export interface ReadAnswer {
  text: string;
  toolCalls: ToolCall[];
}

/** How the answer to one request of a native call is read. It depends on what the model was asked in the end. */
export interface AnswerReading extends Required<ChatReaderOptions> {
  /** @throws {OutputIncompleteError} or {InvalidResponseError} for tool calls that cannot be used. */
  read(answer: ChatAnswer, about: RequestContext): ReadAnswer;
  /** The last piece of a stream that has not shown all of an answer. */
  lastPiece(answer: ReadAnswer): string;
}

/** @param sent the request, without what its model does not support. */
export function readingOf({ offered, schema, structured }: NativeCall, sent: ChatRequest): AnswerReading {
  const toldInWords = offered !== undefined && sent.tools === undefined;
  const isRaw = schema === undefined || (schema.key === undefined && sent.response_format?.type === 'json_schema');
  const showsArguments = structured && offered !== undefined;
  return {
    takesCalls: offered !== undefined,
    shows: toldInWords || !isRaw ? 'nothing' : showsArguments ? 'arguments' : 'text',
    read({ text, calls, end }, about) {
      const cut = end.finishReason === 'length';
      const said = toldInWords ? (offered.choice === 'none' ? [] : callsInText(text, offered, cut)) : calls;
      const toolCalls = offered ? takeCalls(said, offered, end, about) : [];
      if (toolCalls.length > 0) return { text: toldInWords ? '' : text, toolCalls };
      return { text: schema ? jsonText(text, schema, cut) : text, toolCalls };
    },
    lastPiece: ({ text, toolCalls }) =>
      showsArguments && toolCalls.length > 0 ? toolCalls.map((call) => JSON.stringify(call.arguments)).join('') : text,
  };
}

/** The JSON in an answer, without fences, thinking and the key that it travelled under; the answer itself if there is none. */
function jsonText(text: string, { key }: ResponseSchema, cut: boolean): string {
  if (key === undefined && isJson(text)) return text;
  const [value] = readJson(withoutThinking(text, { cut }), { cut });
  if (value === undefined) return text;
  return JSON.stringify(key !== undefined && isRecord(value) && Object.hasOwn(value, key) ? value[key] : value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
