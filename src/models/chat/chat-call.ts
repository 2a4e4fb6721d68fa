import type { ElizaNetError } from '../../core/errors.js';
import { InvalidResponseError } from '../../core/errors.js';
import { asJson } from '../../http/as-json.js';
import { type RequestInput, request as sendRequest } from '../../http/request.js';
import { noTextError } from '../../openai/no-text-error.js';
import { callsTools, chatCompletion, isRefused, type Usage } from '../../openai/schemas.js';
import type { ModelContext } from '../context.js';
import { dialectOf } from './chat-dialect.js';
import type { ChatRequest } from './chat-request.js';

export const CHAT_PATH = '/v1/chat/completions';

/** A refusal names one field after the other; what has more to object than this will not be won over. */
const MAX_REFUSALS = 6;

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
 * Makes a chat request as its model takes it: what the model refuses, by a 400 that names it, is left out, in this call
 * and from then on.
 * @param send makes one request of the body it is given.
 */
export async function inDialect<T>(
  { endpoint, log }: ModelContext,
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
        log.warn(`${model} refuses ${learnt.join(', ')} and is asked without from now on`, {
          requestId: (error as ElizaNetError).requestId,
        });
      }
      if (!askAgain || refusals === MAX_REFUSALS) throw error;
    }
  }
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
    sendRequest(context.endpoint, { path: CHAT_PATH, body, startedAt, ...limits }, asJson(chatCompletion)),
  );
  const { choices, usage } = value;
  // Some servers put text and tool calls into choices of their own.
  const { message, finish_reason } =
    choices.find((choice) => choice.message.content) ?? (choices[0] as (typeof choices)[0]);
  const finishReason = finish_reason ?? undefined;
  if (!message.content) {
    const ending = { finishReason, refused: isRefused(message), calledTools: callsTools(message) };
    throw noTextError(ending, about) ?? new InvalidResponseError('ElizaNet answered without any text', about);
  }
  return { text: message.content, finishReason, requestId, usage };
}

/** Says, once per call, that an answer was cut; by what, but not what is left of it. */
export function warnWhenCut(
  { log }: ModelContext,
  modelType: string,
  { finishReason, requestId }: Pick<ChatAnswer, 'finishReason' | 'requestId'>,
): void {
  if (finishReason === 'length') log.warn(`${modelType} was cut at the token limit`, { requestId });
  if (finishReason === 'content_filter') log.warn(`${modelType} was cut by a content filter`, { requestId });
}
