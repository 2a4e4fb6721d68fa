import type { GenerateTextParams, TextStreamResult } from '@elizaos/core';
import { asEvents } from '../../http/as-events.js';
import { request as sendRequest } from '../../http/request.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import type { OperationResult } from '../operation-result.js';
import { validateInput } from '../validate-input.js';
import { attachedImages } from './attached-images.js';
import { CHAT_PATH, generateText, inDialect, tellWhenCut } from './chat-call.js';
import { type ChatRequest, chatModel, chatRequest } from './chat-request.js';
import { ChatTextStream } from './chat-text-stream.js';

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
  const images = await attachedImages(context, params);
  const request = chatRequest(context, model, params, { images });
  const timeoutMs = config.ELIZANET_TIMEOUT;
  const promptLength = prompt.length;
  if (params.stream) {
    return runOperation(context, { modelType, model, timeoutMs, streamed: true }, async (signal) => ({
      ...(await streamText(context, modelType, request, signal)),
      promptLength,
    }));
  }
  const cacheOf = params.temperature === 0 ? [request] : undefined;
  return runOperation(context, { modelType, model, timeoutMs, cacheOf }, async (signal) => {
    const answer = await generateText(context, request, { timeoutMs, signal });
    tellWhenCut(context, modelType, answer);
    return { value: answer.text, requestId: answer.requestId, usage: answer.usage, promptLength };
  });
}

async function streamText(
  context: ModelContext,
  modelType: TextModelType,
  request: ChatRequest,
  signal?: AbortSignal,
): Promise<Omit<OperationResult<TextStreamResult>, 'promptLength'>> {
  const { endpoint, config } = context;
  const streaming = { ...request, stream: true, stream_options: { include_usage: true } };
  const { value: events, requestId } = await inDialect(context, streaming, (body) =>
    sendRequest(endpoint, { path: CHAT_PATH, body, timeoutMs: config.ELIZANET_TIMEOUT, signal }, asEvents),
  );
  const stream = new ChatTextStream(events);
  const settled = stream.settled.then(({ cancelled, end }) => {
    tellWhenCut(context, modelType, { ...end, requestId });
    return { cancelled, usage: end.usage };
  });
  return { value: stream, requestId, settled };
}
