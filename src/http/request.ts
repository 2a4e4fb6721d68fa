import { encodeRequest, type RequestBody } from './encode-request.js';
import type { Endpoint } from './endpoint.js';
import type { Accept } from './headers.js';
import type { RequestContext } from './request-context.js';
import { requestError } from './request-error.js';
import { send } from './send.js';
import type { UnreadResponse } from './send-once.js';
import { TimeoutController } from './timeout.js';

export interface RequestInput {
  /** @default 'POST' */
  method?: 'GET' | 'POST';
  /** From `/v1` on. */
  path: string;
  /** Built field by field by the caller; a user's params are never spread into it. */
  body?: RequestBody;
  /** For the whole call, in milliseconds. For an event stream: until its first event, and between any two. */
  timeoutMs: number;
  /** When the call began, on the endpoint's clock, if this is not its first request. @default now */
  startedAt?: number;
  signal?: AbortSignal;
  /** Sends the request on a connection of its own, which is closed after the answer. */
  closeConnection?: boolean;
}

/** Turns a response into a value: `asJson`, `asBytes` or `asEvents`. */
export interface ResponseReader<T> {
  /** The media type to ask for. */
  readonly accept: Accept;
  /** A reader that goes on reading after this has returned owns `timeout` from then on, and clears it. */
  readonly isStream?: boolean;
  read(response: UnreadResponse, timeout: TimeoutController): T | Promise<T>;
}

export interface RequestResult<T> {
  value: T;
  requestId: string;
  /** For errors about this answer. */
  context: RequestContext;
}

/**
 * Sends one request and reads its answer, within one time limit.
 * @throws what `send` and the reader throw. A connection that breaks while the answer is read throws what `send` throws.
 */
export async function request<T>(
  endpoint: Endpoint,
  { body, timeoutMs, startedAt, signal, method = 'POST', path, closeConnection }: RequestInput,
  reader: ResponseReader<T>,
): Promise<RequestResult<T>> {
  const { transforms } = endpoint;
  const isChanged = transforms && body && !(body instanceof FormData);
  const encoded = await encodeRequest(isChanged ? await transforms.apply(body, { path }) : body);
  const timeout = new TimeoutController(timeoutMs, endpoint.clock, signal, startedAt);
  try {
    const { accept } = reader;
    const response = await send(endpoint, { method, path, accept, closeConnection, timeout, ...encoded });
    const value = await readResponse(response, reader, timeout);
    if (!reader.isStream) timeout.clear();
    return { value, requestId: response.context.requestId, context: response.context };
  } catch (error) {
    timeout.clear();
    throw error;
  }
}

/** Turns a successful response into a value. Every answer passes through here once. */
async function readResponse<T>(
  response: UnreadResponse,
  reader: ResponseReader<T>,
  timeout: TimeoutController,
): Promise<T> {
  try {
    return await reader.read(response, timeout);
  } catch (error) {
    throw requestError(error, timeout, response.context);
  }
}
