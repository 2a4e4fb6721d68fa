import type { GenerateTextParams, TextStreamResult } from '@elizaos/core';
import { asEvents } from '../../http/as-events.js';
import { request as sendRequest } from '../../http/request.js';
import { emitModelUsed } from '../../observe/events.js';
import { type ChatStreamEnd, readChatStream } from '../../openai/chat-stream.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import { CHAT_PATH, generateText, inDialect, warnWhenCut } from './chat-call.js';
import { type ChatRequest, chatModel, chatRequest } from './chat-request.js';
import { createTextStream } from './text-stream.js';

export type TextModelType = 'TEXT_SMALL' | 'TEXT_LARGE';

/**
 * Serves TEXT_SMALL and TEXT_LARGE, and through the guard every other type that generates text.
 * @returns the answer; with `stream: true` its chunks as they come, after the upstream has accepted the request.
 * @throws {InvalidInputError} for a prompt that is no string or too long.
 * @throws {ContentPolicyError} when the model or a filter refuses,
 * @throws {OutputLimitError} when the token limit leaves no room for text,
 * @throws {InvalidResponseError} for any other answer without text, such as tool calls.
 */
export async function handleText(
  context: ModelContext,
  modelType: TextModelType,
  params: GenerateTextParams,
): Promise<string | TextStreamResult> {
  const { config } = context;
  const prompt = validateInput(params?.prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = chatModel(context, modelType === 'TEXT_SMALL' ? 'SMALL' : 'LARGE');
  const request = chatRequest(context, model, params);
  const timeoutMs = config.ELIZANET_TIMEOUT;
  const promptLength = prompt.length;
  const cacheOf = params.temperature === 0 && !params.stream ? [request] : undefined;
  return runOperation<string | TextStreamResult>(context, { modelType, model, timeoutMs, cacheOf }, async (signal) => {
    if (params.stream) return streamText(context, modelType, request, promptLength, signal);
    const answer = await generateText(context, request, { timeoutMs, signal });
    warnWhenCut(context, modelType, answer);
    return { value: answer.text, requestId: answer.requestId, usage: answer.usage, promptLength };
  });
}

async function streamText(
  context: ModelContext,
  modelType: TextModelType,
  request: ChatRequest,
  promptLength: number,
  signal?: AbortSignal,
) {
  const { endpoint, config, runtime } = context;
  const streaming = { ...request, stream: true, stream_options: { include_usage: true } };
  const { value: events, requestId } = await inDialect(context, streaming, (body) =>
    sendRequest(endpoint, { path: CHAT_PATH, body, timeoutMs: config.ELIZANET_TIMEOUT, signal }, asEvents),
  );
  const end: ChatStreamEnd = { text: '' };
  const onEnd = () => {
    warnWhenCut(context, modelType, { ...end, requestId });
    if (end.usage) emitModelUsed(runtime, modelType, promptLength, end.usage);
  };
  const source = readChatStream(events, { onEnd }, end);
  return { value: createTextStream(source, end), requestId, promptLength };
}
