import { InvalidResponseError } from '../../core/errors.js';
import { type RequestInput, request as sendRequest } from '../../http/request.js';
import { asChatAnswer } from '../../openai/as-chat-answer.js';
import { noTextError } from '../../openai/no-text-error.js';
import type { Usage } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { askInDialect } from '../dialect/ask-in-dialect.js';
import { chatDialect } from './chat-dialect.js';
import type { ChatRequest } from './chat-request.js';

export const CHAT_PATH = '/v1/chat/completions';

/** The text of a chat call, with what is known of it. */
export interface ChatAnswer {
  text: string;
  finishReason?: string;
  requestId: string;
  usage?: Usage | null;
}

/** How long the whole call may take, of which this may not be the first request. */
export type ChatCallOptions = Pick<RequestInput, 'timeoutMs' | 'startedAt' | 'signal'>;

/**
 * Sends a chat request without what its model does not support.
 * @param send makes one request with the body that it is given.
 */
export function inDialect<T>(
  context: ModelContext,
  request: ChatRequest,
  send: (request: ChatRequest) => Promise<T>,
): Promise<T> {
  return askInDialect(context, chatDialect, request, send);
}

/**
 * Makes a plain chat call. Shared by texts and objects.
 * @throws what `request` throws, and
 * @throws {ContentPolicyError}, {OutputLimitError} or {InvalidResponseError} for an answer without text.
 */
export async function generateText(
  context: ModelContext,
  request: ChatRequest,
  { startedAt = context.clock.now(), ...limits }: ChatCallOptions,
): Promise<ChatAnswer> {
  const {
    value,
    requestId,
    context: about,
  } = await inDialect(context, request, (body) =>
    sendRequest(context.endpoint, { path: CHAT_PATH, body, startedAt, ...limits }, asChatAnswer),
  );
  const { text, end } = value;
  if (!text) throw noTextError(end, about) ?? new InvalidResponseError('ElizaNet answered without any text', about);
  return { text, finishReason: end.finishReason, requestId, usage: end.usage };
}

/** Tells the observer when an answer ended at the token limit or in a content filter. */
export function tellWhenCut(
  { observer }: ModelContext,
  modelType: string,
  { finishReason, requestId }: Pick<ChatAnswer, 'finishReason' | 'requestId'>,
): void {
  if (finishReason !== 'length' && finishReason !== 'content_filter') return;
  observer.tell({ type: 'answer_cut', modelType, by: finishReason, requestId });
}
