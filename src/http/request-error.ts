import { isElizaNetError } from '../core/elizanet-error.js';
import {
  ElizaNetUnavailableError,
  ProviderTimeoutError,
  type RequestPhase,
  UpstreamConnectionError,
} from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
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
    const message = timeoutMessage(phase, timeoutMs, endpoint);
    return new ProviderTimeoutError('UPSTREAM_TIMEOUT', message, timeoutMs, phase, context);
  }
  if (timeout.abortReason !== undefined) return timeout.abortReason;
  if (endpoint.closed || cause instanceof ElizaNetUnavailableError)
    return ElizaNetUnavailableError.serviceStopped(endpoint.name);
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' ? code : 'connection lost';
  // undici's parser error (HPE_…) holds the bytes that it could not parse, which may be an answer.
  const details = { ...context, cause: reason.startsWith('HPE_') ? undefined : cause };
  return new UpstreamConnectionError(connectionMessage(phase, reason, endpoint), details, phase);
}

function timeoutMessage(phase: RequestPhase, timeoutMs: number, { name, advice, maxConcurrency }: Endpoint): string {
  switch (phase) {
    case 'queue': {
      const message = `${name} was not asked within ${timeoutMs} ms because ${maxConcurrency} requests were in flight`;
      return withAdvice(message, advice.busy);
    }
    case 'connect':
      return withAdvice(`${name} could not be connected to within ${timeoutMs} ms`, advice.unreachable);
    case 'response':
      return withAdvice(`${name} did not answer within ${timeoutMs} ms`, advice.slow);
    case 'body': {
      const message = `${name} began to answer and went silent for, or did not end within, ${timeoutMs} ms`;
      return withAdvice(message, advice.slow);
    }
  }
}

function connectionMessage(phase: RequestPhase, reason: string, { name, advice }: Endpoint): string {
  if (/CERT|SIGNATURE/.test(reason)) {
    return `${name}'s certificate is not trusted (${reason}); if it is your own, name its CA in NODE_EXTRA_CA_CERTS`;
  }
  if (reason.startsWith('HPE_')) {
    return withAdvice(`${name} answered with something that is not HTTP (${reason})`, advice.unreachable);
  }
  if (phase === 'body') return `The connection to ${name} broke in the middle of its answer (${reason}); try again`;
  if (phase === 'response') return `The connection to ${name} broke before it answered (${reason}); try again`;
  return withAdvice(`${name} could not be reached (${reason})`, advice.unreachable);
}

/** Completes a message by what to do, if that is known. */
export function withAdvice(message: string, advice: string | undefined): string {
  return advice ? `${message}; ${advice}` : message;
}
