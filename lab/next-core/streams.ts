import { assertComplete, type StreamLike } from './rules.js';

/** What has been given of an answer. */
export interface Delivery {
  /** A chunk of text was delivered: no other provider may answer. */
  begun: boolean;
}

export type Sink = (chunk: string) => unknown;

interface Receiver {
  /** The callbacks of the params and of the streaming context. Without any, the caller reads the stream. */
  sinks: Sink[];
  context: { onStreamEnd?(): void } | undefined;
  signal: AbortSignal | undefined;
  delivery: Delivery;
}

/** Gives a stream to the caller: joined by callbacks, or as a stream to read. */
export async function deliver(result: StreamLike, receiver: Receiver): Promise<unknown> {
  return receiver.sinks.length > 0 ? joined(result, receiver) : wrapped(result, receiver);
}

async function joined(result: StreamLike, { sinks, context, signal, delivery }: Receiver): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of result.textStream) {
      signal?.throwIfAborted();
      if (chunk) delivery.begun = true;
      text += chunk;
      for (const sink of sinks) await sink(chunk);
    }
    signal?.throwIfAborted();
  } catch (error) {
    silence(result);
    throw error;
  }
  context?.onStreamEnd?.();
  // None of these waits has a limit.
  const finishReason = await result.finishReason;
  if (!('toolCalls' in result)) {
    assertComplete({ finishReason });
    return text;
  }
  const { providerMetadata } = result;
  return { text, toolCalls: await result.toolCalls, finishReason, usage: await result.usage, providerMetadata };
}

/** A spread copy has the own enumerable properties only, and reads them all at once. */
async function wrapped(result: StreamLike, { signal, delivery }: Receiver): Promise<StreamLike> {
  const copy = { ...result };
  silence(copy);
  const chunks = copy.textStream[Symbol.asyncIterator]();
  // An error before the first chunk fails over.
  const first = await chunks.next();
  async function* passed() {
    try {
      for (let item = first; !item.done; item = await chunks.next()) {
        signal?.throwIfAborted();
        delivery.begun = true;
        yield item.value;
      }
    } finally {
      await chunks.return?.();
    }
    assertComplete({ finishReason: await copy.finishReason });
  }
  return { ...copy, textStream: passed() };
}

function silence(result: StreamLike): void {
  for (const promise of [result.text, result.usage, result.finishReason, result.toolCalls]) {
    Promise.resolve(promise).catch(() => {});
  }
}
