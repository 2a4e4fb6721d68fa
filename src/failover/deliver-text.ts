import type { TextStreamResult } from '@elizaos/core';
import { read } from '../core/classify/foreign.js';
import type { StreamingContext } from './core-compat.js';

export interface Delivery {
  params: unknown;
  /** Of the call; undefined outside of any. */
  context: StreamingContext | undefined;
  /** The answer is asked for as a stream, and no text of another one was delivered. */
  streams: boolean;
}

/**
 * Gives a text that is no provider's to the caller, as core does with an answer: to the callbacks as one chunk, or as a
 * stream of one chunk where there are none. A callback that throws is ignored, as core ignores it.
 * @returns what `useModel` resolves to: a text, a stream, or for a call with `messages` core 2.x's object.
 */
export async function deliverText(text: string, { params, context, streams }: Delivery): Promise<unknown> {
  const isNative = !!read(params, 'messages');
  if (streams) {
    const sinks = [read(params, 'onStreamChunk'), context?.onStreamChunk].filter((sink) => typeof sink === 'function');
    if (sinks.length === 0) return streamOf(text, isNative);
    for (const sink of sinks) {
      try {
        await sink(text, context?.messageId);
      } catch {
        // Its caller's own.
      }
    }
    context?.onStreamEnd?.();
  }
  return isNative ? { text, toolCalls: [], finishReason: 'stop' } : text;
}

function streamOf(text: string, isNative: boolean): TextStreamResult {
  async function* chunks() {
    yield text;
  }
  return {
    textStream: chunks(),
    text: Promise.resolve(text),
    usage: Promise.resolve(undefined),
    finishReason: Promise.resolve('stop'),
    ...(isNative ? { toolCalls: Promise.resolve([]) } : {}),
  };
}
