import type { TextStreamResult } from '@elizaos/core';
import type { ChatRequest } from '../../openai/chat-body.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { loadImages } from './attached-images.js';
import { acceptCut, generateText } from './chat-call.js';
import { chatModel, withImages } from './chat-request.js';
import type { NativeStreamResult } from './chat-text-stream.js';
import { generateNative } from './generate-native.js';
import { loadMessageImages } from './messages/load-message-images.js';
import { isNativeResult, type NativeResult } from './native-result.js';
import { streamText } from './stream-text.js';
import { readTextCall, type TextCall } from './text-call.js';
import type { TextParams } from './text-params.js';

export type TextModelType = 'TEXT_SMALL' | 'TEXT_LARGE';

type TextResult = string | TextStreamResult | NativeResult | NativeStreamResult;

/**
 * Serves TEXT_SMALL and TEXT_LARGE, and through the guard every other type that generates text.
 * @returns the answer: a string, or for a native call of core 2.x an object; with `stream: true` its chunks as they come, after
 * the upstream has accepted the request.
 * @throws {InvalidInputError} for params that cannot be sent; see `readTextCall`.
 * @throws {ContentPolicyError} when the model or a filter refuses,
 * @throws {OutputLimitError} when the token limit leaves no room for text,
 * @throws {OutputIncompleteError} when it cuts arguments of a tool call off, or on a core that takes any cut answer for an error,
 * @throws {NoOutputError} when a native call is answered with nothing, and not by a normal finish,
 * @throws {InvalidResponseError} for any other answer without text, such as calls of tools that were not offered.
 */
export async function handleText(
  context: ModelContext,
  modelType: TextModelType,
  params: TextParams,
): Promise<TextResult> {
  const { config, clock } = context;
  const model = chatModel(context, modelType === 'TEXT_SMALL' ? 'SMALL' : 'LARGE');
  const call = await readTextCall(context, model, params);
  const { request, attachments, promptLength, native } = call;
  const timeoutMs = config.ELIZANET_TIMEOUT;
  const operation = { modelType, model, timeoutMs, params };
  if (params.stream) {
    return runOperation(context, { ...operation, streamed: true }, async (signal) => {
      const limits = { timeoutMs, startedAt: clock.now(), signal };
      const whole = await withLoadedImages(context, call, signal);
      return { ...(await streamText(context, modelType, whole, native, limits)), promptLength };
    });
  }
  const cacheOf = params.temperature === 0 ? [request, attachments.parts, ...(native ? ['native'] : [])] : undefined;
  const accepts = native && isNativeResult;
  return runOperation<string | NativeResult>(context, { ...operation, cacheOf, accepts }, async (signal) => {
    const limits = { timeoutMs, startedAt: clock.now(), signal };
    const whole = await withLoadedImages(context, call, signal);
    if (native) return { ...(await generateNative(context, modelType, whole, native, limits)), promptLength };
    const answer = await generateText(context, whole, limits);
    acceptCut(context, modelType, answer, model);
    return { value: answer.text, requestId: answer.requestId, usage: answer.usage, promptLength };
  });
}

async function withLoadedImages(
  context: ModelContext,
  { request, attachments, leftOut }: TextCall,
  signal: AbortSignal | undefined,
): Promise<ChatRequest> {
  const loaded = await loadMessageImages(context, request.messages, signal);
  const count = leftOut + loaded.leftOut;
  // Once: the same history comes with every call of a conversation.
  if (count > 0) context.log.writeOnce('attachments_left_out', { count });
  return withImages({ ...request, messages: loaded.messages }, await loadImages(context, attachments, signal));
}
