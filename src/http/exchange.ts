import type { Endpoint } from './endpoint.js';
import { type RequestContext, type SendInput, type SendResult, send, transportError } from './send.js';
import { TimeoutController } from './timeout.js';

export interface ExchangeInput extends Omit<SendInput, 'method' | 'timeout' | 'model'> {
  /** For error messages only. */
  model: string;
  /** For the whole call, of which this may not be the first request. */
  timeoutMs: number;
  /** When that call began, on the endpoint's clock; now. */
  startedAt?: number;
  signal?: AbortSignal;
}

export interface ExchangeResult<T> {
  value: T;
  requestId: string;
}

/**
 * Posts a request and reads its whole answer, all within one time limit.
 * @param read turns the answer into a value; what it throws is thrown.
 * @throws what `send` throws, also for a connection that breaks while the answer is read.
 */
export async function exchange<T>(
  endpoint: Endpoint,
  { timeoutMs, startedAt, signal, ...input }: ExchangeInput,
  read: (response: SendResult, context: RequestContext) => Promise<T>,
): Promise<ExchangeResult<T>> {
  const timeout = new TimeoutController(timeoutMs, endpoint.clock, signal, startedAt);
  let context: RequestContext = { requestId: '', model: input.model };
  try {
    const response = await send(endpoint, { ...input, method: 'POST', timeout });
    context = response.context;
    return { value: await read(response, context), requestId: response.requestId };
  } catch (error) {
    throw transportError(error, timeout, endpoint, context);
  } finally {
    timeout.clear();
  }
}
