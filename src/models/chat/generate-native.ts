import { NoOutputError } from '../../core/failover-errors.js';
import type { RequestContext } from '../../http/request-context.js';
import type { ChatRequest } from '../../openai/chat-body.js';
import type { ChatStreamEnd } from '../../openai/chat-reader.js';
import { noTextError } from '../../openai/no-text-error.js';
import type { ModelContext } from '../context.js';
import type { OperationResult } from '../operation-result.js';
import { readingOf } from './answer-reading.js';
import { acceptCut, askWhole, type ChatCallOptions } from './chat-call.js';
import { type NativeResult, nativeFinishReason, nativeUsage, providerMetadata } from './native-result.js';
import type { NativeCall } from './text-call.js';

/**
 * Makes a native call that is not streamed. Empty text without tool calls is an answer when the model stopped by itself.
 * @throws what `handleText` says.
 */
export async function generateNative(
  context: ModelContext,
  modelType: string,
  request: ChatRequest,
  native: NativeCall,
  limits: ChatCallOptions,
): Promise<Omit<OperationResult<NativeResult>, 'promptLength'>> {
  const { value: answer, sent, requestId, about } = await askWhole(context, request, limits);
  const { model } = request;
  const { end } = answer;
  const read = readingOf(native, sent).read(answer, about);
  acceptCut(context, modelType, { ...end, requestId }, model);
  const { text, toolCalls } = read;
  if (text.trim() === '' && toolCalls.length === 0) assertEmptyIsMeant(end, native, about);
  const usage = nativeUsage(end.usage);
  const value: NativeResult = {
    text,
    toolCalls,
    finishReason: nativeFinishReason(end, toolCalls.length > 0, 'other'),
    ...(usage ? { usage } : {}),
    providerMetadata: providerMetadata(model),
  };
  return { value, requestId, usage: end.usage };
}

/** @throws {ContentPolicyError}, {OutputLimitError}, {InvalidResponseError} or {NoOutputError} */
function assertEmptyIsMeant(end: ChatStreamEnd, { offered }: NativeCall, about: RequestContext): void {
  const error = noTextError(end, about, offered !== undefined);
  if (error) throw error;
  if (end.finishReason !== 'stop') throw new NoOutputError(about.endpoint.name, about, 'answered with nothing');
}
