import type { ElizaNetError } from '../../core/errors.js';
import { InvalidResponseError } from '../../core/errors.js';
import type { ExchangeInput } from '../../http/exchange.js';
import { postJson } from '../../http/post-json.js';
import { noTextError } from '../../openai/no-text-error.js';
import { callsTools, chatCompletion, isRefused, type Usage } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { dialectOf } from './chat-dialect.js';
import type { ChatRequest } from './chat-request.js';

export const CHAT_PATH = '/v1/chat/completions';

/** Servers reject one unsupported field per 400. Stop after this many. */
const MAX_REFUSALS = 6;

/** The text of a chat call, with what is known of it. */
export interface ChatAnswer {
  text: string;
  finishReason?: string;
  requestId: string;
  usage?: Usage | null;
}

/** How long the whole call may take, of which this may not be the first request. */
export type ChatCallOptions = Pick<ExchangeInput, 'timeoutMs' | 'startedAt' | 'signal'>;

/**
 * Makes a chat request as its model takes it: what the model refuses, by a 400 that names it, is left out, in this call
 * and from then on.
 * @param send makes one request of the body it is given.
 */
export async function inDialect<T>(
  { endpoint, observer }: ModelContext,
  request: ChatRequest,
  send: (request: ChatRequest) => Promise<T>,
): Promise<T> {
  const { model } = request;
  const dialect = dialectOf(endpoint, model);
  for (let refusals = 0; ; refusals++) {
    const adapted = dialect.adapt(request);
    try {
      return await send(adapted);
    } catch (error) {
      const { askAgain, learnt } = dialect.learn(error, adapted);
      if (learnt.length > 0) {
        const { requestId } = error as ElizaNetError;
        observer.tell({ type: 'dialect_learned', model, refused: learnt, requestId });
      }
      if (!askAgain || refusals === MAX_REFUSALS) throw error;
    }
  }
}

/**
 * Makes a plain chat call. Shared by texts and objects.
 * @throws what `postJson` throws, and
 * @throws {ContentPolicyError}, {OutputLimitError} or {InvalidResponseError} for an answer without text.
 */
export async function generateText(
  context: ModelContext,
  request: ChatRequest,
  { startedAt = context.clock.now(), ...limits }: ChatCallOptions,
): Promise<ChatAnswer> {
  const { value, requestId } = await inDialect(context, request, (body) =>
    postJson(context.endpoint, { path: CHAT_PATH, body, schema: chatCompletion, startedAt, ...limits }),
  );
  const { choices, usage } = value;
  // Some servers put text and tool calls into choices of their own.
  const { message, finish_reason } =
    choices.find((choice) => choice.message.content) ?? (choices[0] as (typeof choices)[0]);
  const finishReason = finish_reason ?? undefined;
  if (!message.content) {
    const ending = { finishReason, refused: isRefused(message), calledTools: callsTools(message) };
    const about = { requestId, model: request.model };
    throw noTextError(ending, about) ?? new InvalidResponseError('ElizaNet answered without any text', about);
  }
  return { text: message.content, finishReason, requestId, usage };
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
