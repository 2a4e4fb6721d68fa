import type { GenerateTextParams, TextStreamResult } from '@elizaos/core';
import { asEvents } from '../../http/as-events.js';
import { request as sendRequest } from '../../http/request.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import type { OperationResult } from '../operation-result.js';
import { validateInput } from '../validate-input.js';
import { loadImages } from './attached-images.js';
import { CHAT_PATH, type ChatCallOptions, generateText, inDialect, tellWhenCut } from './chat-call.js';
import { type ChatRequest, chatModel, chatRequest, withImages } from './chat-request.js';
import { ChatTextStream } from './chat-text-stream.js';
import { imageParts } from './image-parts.js';

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
  const { config, clock } = context;
  const prompt = validateInput(params?.prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const model = chatModel(context, modelType === 'TEXT_SMALL' ? 'SMALL' : 'LARGE');
  const request = chatRequest(context, model, params);
  const images = imageParts(params);
  const whole = async (signal?: AbortSignal) => withImages(request, await loadImages(context, images, signal));
  const timeoutMs = config.ELIZANET_TIMEOUT;
  const promptLength = prompt.length;
  if (params.stream) {
    return runOperation(context, { modelType, model, timeoutMs, streamed: true }, async (signal) => {
      const limits = { timeoutMs, startedAt: clock.now(), signal };
      return { ...(await streamText(context, modelType, await whole(signal), limits)), promptLength };
    });
  }
  const cacheOf = params.temperature === 0 ? [request, images.parts] : undefined;
  return runOperation(context, { modelType, model, timeoutMs, cacheOf }, async (signal) => {
    const limits = { timeoutMs, startedAt: clock.now(), signal };
    const answer = await generateText(context, await whole(signal), limits);
    tellWhenCut(context, modelType, answer);
    return { value: answer.text, requestId: answer.requestId, usage: answer.usage, promptLength };
  });
}

async function streamText(
  context: ModelContext,
  modelType: TextModelType,
  request: ChatRequest,
  limits: ChatCallOptions,
): Promise<Omit<OperationResult<TextStreamResult>, 'promptLength'>> {
  const { endpoint } = context;
  const streaming = { ...request, stream: true, stream_options: { include_usage: true } };
  const { value: events, requestId } = await inDialect(context, streaming, (body) =>
    sendRequest(endpoint, { path: CHAT_PATH, body, ...limits }, asEvents),
  );
  const stream = new ChatTextStream(events);
  const settled = stream.settled.then(({ cancelled, end }) => {
    tellWhenCut(context, modelType, { ...end, requestId });
    return { cancelled, usage: end.usage };
  });
  return { value: stream, requestId, settled };
}
