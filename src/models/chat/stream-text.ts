import type { TextStreamResult } from '@elizaos/core';
import { asEvents } from '../../http/as-events.js';
import { request as sendRequest } from '../../http/request.js';
import type { ChatRequest } from '../../openai/chat-body.js';
import type { ModelContext } from '../context.js';
import type { OperationResult } from '../operation-result.js';
import { readingOf } from './answer-reading.js';
import { CHAT_PATH, type ChatCallOptions, inDialect, tellWhenCut } from './chat-call.js';
import { ChatTextStream, type NativeStreamResult } from './chat-text-stream.js';
import type { NativeCall } from './text-call.js';

/**
 * Makes a streamed call. A stream that ends with nothing is an error also where the finish is normal: LiteLLM ends it so when
 * it loses its provider. One that the token limit has cut ends with that finish reason; core 2.x takes it for an error.
 */
export async function streamText(
  context: ModelContext,
  modelType: string,
  request: ChatRequest,
  native: NativeCall | undefined,
  limits: ChatCallOptions,
): Promise<Omit<OperationResult<TextStreamResult | NativeStreamResult>, 'promptLength'>> {
  const { endpoint } = context;
  const streaming = { ...request, stream: true, stream_options: { include_usage: true } };
  const {
    value: events,
    sent,
    requestId,
  } = await inDialect(context, streaming, (body) =>
    sendRequest(endpoint, { path: CHAT_PATH, body, ...limits }, asEvents),
  );
  const stream = new ChatTextStream(events, native && readingOf(native, sent));
  const settled = stream.settled.then(({ cancelled, end }) => {
    tellWhenCut(context, modelType, { ...end, requestId });
    return { cancelled, usage: end.usage };
  });
  return { value: native ? stream.nativeResult(request.model) : stream.result(), requestId, settled };
}
