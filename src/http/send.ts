import { randomUUID } from 'node:crypto';
import {
  ElizaNetUnavailableError,
  isElizaNetError,
  ProviderTimeoutError,
  type RequestPhase,
  redirectRefused,
  UpstreamConnectionError,
} from '../core/errors.js';
import { decompress } from './decompress.js';
import type { Endpoint } from './endpoint.js';
import { buildHeaders, type HeaderInput, readCallId, readContentType } from './headers.js';
import { isRedirect, judgeRedirect } from './redirect.js';
import { MAX_SENDS, retryDelayMs } from './retry.js';
import type { StopSignal, TimeoutController } from './timeout.js';
import { type Body, type Connection, WireError, type WireRequest, type WireResponse } from './transport/transport.js';
import { upstreamStatusError } from './upstream-error.js';

export interface SendInput {
  method: 'GET' | 'POST';
  path: string;
  /** A JSON text, or what `contentType` says. */
  body?: string | Uint8Array;
  contentType?: HeaderInput['contentType'];
  accept: HeaderInput['accept'];
  closeConnection?: HeaderInput['closeConnection'];
  /** Its limit covers waiting for a connection, connecting, the response's headers and a retry; reading on is the caller's. */
  timeout: TimeoutController;
  /** For error messages only. */
  model?: string;
}

export interface SendResult {
  /** Decompressed as it is read. */
  body: Body;
  requestId: string;
  /** As the upstream names it, in lower case and without parameters; '' when it does not, or names none. */
  contentType: string;
  /** Details for errors while reading on. */
  context: RequestContext;
}

/** Details that every error of one request carries. */
export interface RequestContext {
  requestId: string;
  model?: string;
  /** How often it was sent. */
  attempt?: number;
}

/**
 * Sends one request and returns its successful response, body unread. What is likely to be gone in a moment is tried
 * once more, within the same time limit and as long as the endpoint's retry budget lasts.
 * @throws {UpstreamStatusError} when the status is not 2xx.
 * @throws {UpstreamConnectionError} when the connection fails.
 * @throws {ProviderTimeoutError} when the time limit runs out.
 * @throws {UpstreamStatusError} when it is redirected to another origin.
 * @throws {InvalidResponseError} when the body is compressed in a way that was not asked for.
 * @throws {ElizaNetUnavailableError} when the endpoint was closed.
 * @throws the caller's abort reason when its signal fires.
 */
export async function send(endpoint: Endpoint, input: SendInput): Promise<SendResult> {
  endpoint.retries.deposit();
  for (let sends = 0; ; ) {
    const context = { requestId: randomUUID(), model: input.model, attempt: sends + 1 };
    try {
      return await sendOnce(endpoint, input, context);
    } catch (error) {
      sends = context.attempt;
      const delayMs = sends < MAX_SENDS ? retryDelayMs(error, endpoint.random) : undefined;
      if (delayMs === undefined || delayMs >= input.timeout.remainingMs || !endpoint.retries.withdraw()) throw error;
      if (delayMs > 0) await pause(endpoint, delayMs, input.timeout, context);
    }
  }
}

/** Turns what a connection throws, while sending or while reading a body, into one of ours. Ours stay as they are. */
export function transportError(
  error: unknown,
  timeout: TimeoutController,
  endpoint: Endpoint,
  context: RequestContext,
) {
  if (isElizaNetError(error)) return error;
  const { cause, phase } = error instanceof WireError ? error : { cause: error, phase: 'body' as const };
  if (timeout.timedOut) {
    const { timeoutMs } = timeout;
    const message = timeoutMessage(phase, timeoutMs, endpoint);
    return new ProviderTimeoutError('UPSTREAM_TIMEOUT', message, timeoutMs, phase, context);
  }
  if (timeout.abortReason !== undefined) return timeout.abortReason;
  if (endpoint.closed || cause instanceof ElizaNetUnavailableError) return ElizaNetUnavailableError.serviceStopped();
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' ? code : 'connection lost';
  // undici's parser error carries the bytes it stumbled over, which may be an answer.
  const details = { ...context, cause: reason.startsWith('HPE_') ? undefined : cause };
  return new UpstreamConnectionError(connectionMessage(phase, reason), details, phase);
}

async function sendOnce(
  endpoint: Endpoint,
  input: SendInput,
  context: RequestContext & { attempt: number },
): Promise<SendResult> {
  let place = { origin: endpoint.origin, path: endpoint.path(input.path) };
  // One upgrade to https is followed; anything after it would be a loop.
  for (let redirected = false; ; redirected = true) {
    const response = await exchange(endpoint, place, input, context);
    const { statusCode, headers } = response;
    if (isRedirect(statusCode)) {
      response.body.destroy();
      const from = new URL(place.path, place.origin);
      const verdict = judgeRedirect(from, headers.get('location'));
      if ('refuse' in verdict || redirected) {
        const to = 'refuse' in verdict ? verdict.refuse : verdict.follow.origin;
        throw redirectRefused(place.origin, to, { ...context, statusCode });
      }
      endpoint.upgrade();
      const { origin, pathname, search } = verdict.follow;
      place = { origin, path: pathname + search };
      continue;
    }
    const known = { ...context, requestId: readCallId(headers) ?? context.requestId };
    const body = decompress(response.body, headers.get('content-encoding'), known);
    if (statusCode < 200 || statusCode > 299) {
      throw await upstreamStatusError(endpoint, { ...response, body }, known, input.body);
    }
    return { body, requestId: known.requestId, contentType: readContentType(headers), context: known };
  }
}

async function exchange(
  endpoint: Endpoint,
  place: Pick<WireRequest, 'origin' | 'path'>,
  { method, body, accept, contentType, closeConnection, timeout }: SendInput,
  context: RequestContext & { attempt: number },
): Promise<WireResponse> {
  const { connections, apiKey } = endpoint;
  try {
    const connection = await acquire(endpoint, timeout);
    // What is left of a plain call's limit; a stream's begins again with each chunk.
    const timeoutMs = accept === 'text/event-stream' ? timeout.timeoutMs : timeout.remainingMs;
    const { requestId } = context;
    const headers = buildHeaders({ apiKey, accept, contentType, closeConnection, timeoutMs, requestId });
    const request = { method, ...place, headers, body, stop: timeout };
    const response = await connection.exchange(request, () => connections.release(connection));
    context.attempt += response.sends - 1;
    return response;
  } catch (error) {
    if (error instanceof WireError) context.attempt += error.sends - 1;
    throw transportError(error, timeout, endpoint, context);
  }
}

async function acquire({ connections }: Endpoint, stop: StopSignal): Promise<Connection> {
  // It never came to a wait: an earlier request of the same call took all the time there was.
  if (stop.stopped) throw new WireError(stop.reason, 'response', 1);
  try {
    const connection = await connections.acquire(stop);
    if (!stop.stopped) return connection;
    connections.release(connection);
  } catch (error) {
    throw new WireError(error, 'queue', 1);
  }
  throw new WireError(stop.reason, 'queue', 1);
}

/** Waits before a retry. */
function pause(
  endpoint: Endpoint,
  delayMs: number,
  timeout: TimeoutController,
  context: RequestContext,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onStop = () => {
      timer.clear();
      reject(transportError(new WireError(timeout.reason, 'response', 1), timeout, endpoint, context));
    };
    const timer = endpoint.clock.after(delayMs, () => {
      timeout.remove(onStop);
      resolve();
    });
    timeout.add(onStop);
  });
}

const RAISE_TIMEOUT = 'raise ELIZANET_TIMEOUT (ELIZANET_MEDIA_TIMEOUT for images and audio) if its models need longer';

function timeoutMessage(phase: RequestPhase, timeoutMs: number, { maxConcurrency }: Endpoint): string {
  switch (phase) {
    case 'queue':
      return `ElizaNet was not asked within ${timeoutMs} ms because ${maxConcurrency} requests were in flight; raise ELIZANET_MAX_CONCURRENCY if it can take more`;
    case 'connect':
      return `ElizaNet could not be connected to within ${timeoutMs} ms; check ELIZANET_BASE_URL`;
    case 'response':
      return `ElizaNet did not answer within ${timeoutMs} ms; ${RAISE_TIMEOUT}`;
    case 'body':
      return `ElizaNet began to answer and went silent for, or did not end within, ${timeoutMs} ms; ${RAISE_TIMEOUT}`;
  }
}

function connectionMessage(phase: RequestPhase, reason: string): string {
  if (/CERT|SIGNATURE/.test(reason)) {
    return `ElizaNet's certificate is not trusted (${reason}); if it is your own, name its CA in NODE_EXTRA_CA_CERTS`;
  }
  if (reason.startsWith('HPE_')) {
    return `ElizaNet answered with something that is not HTTP (${reason}); check ELIZANET_BASE_URL`;
  }
  if (phase === 'body') return `The connection to ElizaNet broke in the middle of its answer (${reason}); try again`;
  if (phase === 'response') return `The connection to ElizaNet broke before it answered (${reason}); try again`;
  return `ElizaNet could not be reached (${reason}); check ELIZANET_BASE_URL`;
}
