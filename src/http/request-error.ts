import {
  ElizaNetUnavailableError,
  isElizaNetError,
  ProviderTimeoutError,
  type RequestPhase,
  UpstreamConnectionError,
} from '../core/errors.js';
import type { RequestContext } from './request-context.js';
import type { TimeoutController } from './timeout.js';
import { TransportError } from './transport/transport.js';

/**
 * Turns what a connection throws, while a request is sent or its answer is read, into the error that callers see.
 * @returns an error of ours unchanged; the caller's abort reason when that is what ended the request.
 */
export function requestError(error: unknown, timeout: TimeoutController, context: RequestContext): unknown {
  if (isElizaNetError(error)) return error;
  const { endpoint } = context;
  const { cause, phase } = error instanceof TransportError ? error : { cause: error, phase: 'body' as const };
  if (timeout.timedOut) {
    const { timeoutMs } = timeout;
    const message = timeoutMessage(phase, timeoutMs, endpoint.maxConcurrency);
    return new ProviderTimeoutError('UPSTREAM_TIMEOUT', message, timeoutMs, phase, context);
  }
  if (timeout.abortReason !== undefined) return timeout.abortReason;
  if (endpoint.closed || cause instanceof ElizaNetUnavailableError) return ElizaNetUnavailableError.serviceStopped();
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' ? code : 'connection lost';
  // undici's parser error (HPE_…) holds the bytes that it could not parse, which may be an answer.
  const details = { ...context, cause: reason.startsWith('HPE_') ? undefined : cause };
  return new UpstreamConnectionError(connectionMessage(phase, reason), details, phase);
}

const RAISE_TIMEOUT =
  'raise ELIZANET_TIMEOUT (ELIZANET_IMAGE_TIMEOUT, ELIZANET_AUDIO_TIMEOUT) if its models need longer';

function timeoutMessage(phase: RequestPhase, timeoutMs: number, maxConcurrency: number): string {
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
