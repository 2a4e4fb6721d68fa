import { ContentPolicyError, InvalidResponseError, OutputIncompleteError } from '../../core/errors.js';
import { type RequestInput, request as sendRequest } from '../../http/request.js';
import type { RequestContext } from '../../http/request-context.js';
import { asChatAnswer, type ChatAnswer as WholeAnswer } from '../../openai/as-chat-answer.js';
import type { ChatRequest } from '../../openai/chat-body.js';
import { noTextError } from '../../openai/no-text-error.js';
import type { Usage } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { askInDialect } from '../dialect/ask-in-dialect.js';
import { chatDialect } from './chat-dialect.js';

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

/** What came of a chat request. */
export interface Asked<T> {
  value: T;
  /** The request that was answered: without what its model does not support. */
  sent: ChatRequest;
  requestId: string;
  /** For errors about the answer. */
  about: RequestContext;
}

/**
 * Sends a chat request without what its model does not support.
 * @param send makes one request with the body that it is given.
 */
export async function inDialect<T>(
  context: ModelContext,
  request: ChatRequest,
  send: (request: ChatRequest) => Promise<{ value: T; requestId: string; context: RequestContext }>,
): Promise<Asked<T>> {
  return askInDialect(context, chatDialect, request, async (sent) => {
    const { value, requestId, context: about } = await send(sent);
    return { value, sent, requestId, about };
  });
}

/**
 * Makes a plain chat call. The answer may have neither text nor tool calls.
 * @throws what `request` throws.
 */
export function askWhole(
  context: ModelContext,
  request: ChatRequest,
  { startedAt = context.clock.now(), ...limits }: ChatCallOptions,
): Promise<Asked<WholeAnswer>> {
  return inDialect(context, request, (body) =>
    sendRequest(context.endpoint, { path: CHAT_PATH, body, startedAt, ...limits }, asChatAnswer),
  );
}

/**
 * Makes a plain chat call for its text. Shared by texts, objects and image descriptions.
 * @throws what `request` throws, and
 * @throws {ContentPolicyError}, {OutputLimitError} or {InvalidResponseError} for an answer without text.
 */
export async function generateText(
  context: ModelContext,
  request: ChatRequest,
  options: ChatCallOptions,
): Promise<ChatAnswer> {
  const { value, requestId, about } = await askWhole(context, request, options);
  const { text, end } = value;
  if (!text && end.finishReason === 'length' && context.rejectsCutAnswers) {
    throw new OutputIncompleteError(context.endpoint.name, about);
  }
  if (!text)
    throw (
      noTextError(end, about) ?? new InvalidResponseError(`${context.endpoint.name} answered without any text`, about)
    );
  return { text, finishReason: end.finishReason, requestId, usage: end.usage };
}

type Ending = Pick<ChatAnswer, 'finishReason' | 'requestId'>;

/** Tells the observer when an answer ended at the token limit or in a content filter. */
export function tellWhenCut({ observer }: ModelContext, modelType: string, { finishReason, requestId }: Ending): void {
  if (finishReason !== 'length' && finishReason !== 'content_filter') return;
  observer.tell({ type: 'answer_cut', modelType, by: finishReason, requestId });
}

/**
 * Tells the observer when an answer was cut off, on a core that takes it for an answer.
 * @throws {OutputIncompleteError} or {ContentPolicyError} on a core that takes it for an error.
 */
export function acceptCut(context: ModelContext, modelType: string, ending: Ending, model: string): void {
  const { endpoint, rejectsCutAnswers } = context;
  const details = { requestId: ending.requestId, model };
  if (!rejectsCutAnswers) return tellWhenCut(context, modelType, ending);
  if (ending.finishReason === 'length') throw new OutputIncompleteError(endpoint.name, details);
  if (ending.finishReason === 'content_filter') throw new ContentPolicyError(endpoint.name, details);
}
