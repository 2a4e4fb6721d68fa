import { UpstreamStatusError } from '../core/errors.js';
import { acquireConnection } from './acquire-connection.js';
import { decodeBody } from './decode-body.js';
import { echoesRequest } from './echoes-request.js';
import { type Accept, buildHeaders, readCallId, readContentType, readCost } from './headers.js';
import { isRedirect, judgeRedirect } from './redirect.js';
import type { RequestContext } from './request-context.js';
import { requestError, withAdvice } from './request-error.js';
import { readStatusError } from './status-error.js';
import type { Place } from './stream-place.js';
import type { TimeoutController } from './timeout.js';
import { type Body, TransportError, type TransportRequest, type TransportResponse } from './transport/transport.js';

export interface SendInput {
  method: 'GET' | 'POST';
  /** From `/v1` on. */
  path: string;
  body?: string | Uint8Array;
  /** Of the body. @default 'application/json' */
  contentType?: string;
  accept: Accept;
  closeConnection?: boolean;
  /** Covers the wait for a connection, connecting, the response's headers and a retry. The caller reads the body under it. */
  timeout: TimeoutController;
  /** For error messages. */
  model?: string;
}

/** A successful response. */
export interface UnreadResponse {
  /** Decompressed as it is read. */
  body: Body;
  /** In lower case, without parameters; '' when the server names none. */
  contentType: string;
  /** For errors while the body is read. */
  context: RequestContext;
  /** Of its connection, until the body has ended. */
  place: Place;
}

/** An answer, and the place of the connection that it comes on. */
type Answer = TransportResponse & { place: Place };

type Context = RequestContext & { attempt: number };
type Address = Pick<TransportRequest, 'origin' | 'path'>;

/**
 * Sends a request without retrying it. One redirect from http to https of the same host is followed.
 * @param context its `attempt` is raised when the connection had to send the request again.
 * @throws as `send` does.
 */
export async function sendOnce(input: SendInput, context: Context): Promise<UnreadResponse> {
  const { endpoint } = context;
  let address: Address = { origin: endpoint.origin, path: endpoint.path(input.path) };
  // A second redirect would be a loop.
  for (let isRedirected = false; ; isRedirected = true) {
    const response = await sendTo(address, input, context);
    if (!isRedirect(response.statusCode)) return readHead(response, context);
    response.body.destroy();
    address = followRedirect(address, response, context, isRedirected);
  }
}

/** @throws {UpstreamStatusError} when the status is not 2xx. */
async function readHead(response: Answer, context: Context): Promise<UnreadResponse> {
  const { statusCode, headers } = response;
  const callId = readCallId(headers) ?? context.requestId;
  const isEcho = callId !== context.requestId && echoesRequest(callId, context);
  const answered = { ...context, requestId: isEcho ? context.requestId : callId };
  const body = decodeBody(response.body, headers.get('content-encoding'), answered);
  if (statusCode < 200 || statusCode > 299) throw await readStatusError({ ...response, body }, answered);
  context.endpoint.noteCost(readCost(headers));
  return { body, contentType: readContentType(headers), context: answered, place: response.place };
}

/** @throws {UpstreamStatusError} when the redirect must not be followed. */
function followRedirect(
  address: Address,
  { statusCode, headers }: TransportResponse,
  context: Context,
  isRedirected: boolean,
): Address {
  const { endpoint, requestId } = context;
  const verdict = judgeRedirect(new URL(address.path, address.origin), headers.get('location'));
  if ('refuse' in verdict || isRedirected) {
    const named = 'refuse' in verdict ? verdict.refuse : verdict.follow.origin;
    const isEcho = named
      .split(/[./:]/)
      .some((label) => !address.origin.includes(label) && echoesRequest(label, context));
    const to = isEcho || echoesRequest(named, context) ? 'another address' : named;
    const message = withAdvice(`${endpoint.name} at ${address.origin} redirects to ${to}`, endpoint.advice.redirected);
    throw new UpstreamStatusError(message, { kind: 'request', statusCode, requestId }, '', context, 'REDIRECT_REFUSED');
  }
  endpoint.upgrade();
  const { origin, pathname, search } = verdict.follow;
  return { origin, path: pathname + search };
}

async function sendTo(address: Address, input: SendInput, context: Context): Promise<Answer> {
  const { method, body, accept, contentType, closeConnection, timeout } = input;
  const { endpoint, requestId } = context;
  const { connections, apiKey } = endpoint;
  try {
    const connection = await acquireConnection(endpoint, timeout);
    // It may have stopped in the turn between: a transport does not hear of a stop before it has started.
    if (timeout.stopped) {
      connections.release(connection);
      throw new TransportError(timeout.reason, 'queue', 1);
    }
    // A stream's limit begins anew with each event; a plain call has what is left of its limit.
    const timeoutMs = accept === 'text/event-stream' ? timeout.timeoutMs : timeout.remainingMs;
    const headers = buildHeaders({ apiKey, accept, contentType, closeConnection, timeoutMs, requestId });
    const request = { method, ...address, headers, body, stop: timeout };
    const response = await connection.exchange(request, () => connections.release(connection));
    context.attempt += response.sends - 1;
    const place = { park: () => connections.park(connection), unpark: () => connections.unpark(connection) };
    return { ...response, place };
  } catch (error) {
    if (error instanceof TransportError) context.attempt += error.sends - 1;
    throw requestError(error, timeout, context);
  }
}
