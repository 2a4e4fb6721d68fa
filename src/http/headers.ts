import { PROVIDER_NAME } from '../core/provider-name.js';
import type { ResponseHeaders } from './transport/transport.js';

/** LiteLLM takes a request's id from this header and answers with it, or with one of its own. */
const CALL_ID_HEADER = 'x-litellm-call-id';

/** Media types that can be asked for. */
export type Accept = 'application/json' | 'text/event-stream' | 'audio/*';

export interface HeaderInput {
  apiKey?: string;
  /** A UUID. LiteLLM logs it unchecked, so it must be nothing else. */
  requestId: string;
  /** Sent along: LiteLLM keeps an abandoned call running until its own limit, which is much longer. */
  timeoutMs: number;
  accept: Accept;
  /** Of the body. @default 'application/json' */
  contentType?: string;
  /** Asks the server to close the connection after its answer. */
  closeConnection?: boolean;
}

/** Builds the headers of a request, their names in lower case. */
export function buildHeaders(input: HeaderInput): Record<string, string> {
  const { apiKey, requestId, timeoutMs, accept, contentType = 'application/json', closeConnection } = input;
  const headers: Record<string, string> = {
    'content-type': contentType,
    accept,
    // A proxy that compresses a stream buffers its chunks.
    'accept-encoding': accept === 'text/event-stream' ? 'identity' : 'gzip, deflate, br',
    'user-agent': PROVIDER_NAME,
    [CALL_ID_HEADER]: requestId,
    'x-litellm-timeout': String(Math.max(1, Math.ceil(timeoutMs / 1000))),
  };
  if (closeConnection) headers.connection = 'close';
  if (apiKey) headers.authorization = `Bearer ${apiKey}`;
  return headers;
}

/** The server's id of the request. It goes into logs, so anything that does not look like an id is ignored. */
export function readCallId(headers: ResponseHeaders): string | undefined {
  const id = headers.get(CALL_ID_HEADER);
  return id && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** What LiteLLM says that the request cost, in US dollars; NaN when it does not say. */
export function readCost(headers: ResponseHeaders): number {
  return Number(headers.get('x-litellm-response-cost') ?? Number.NaN);
}

/** The media type without parameters, in lower case. It goes into messages, so anything that does not look like one is ''. */
export function readContentType(headers: ResponseHeaders): string {
  const match = /^[\w.+-]{1,40}\/[\w.+-]{1,80}/.exec(headers.get('content-type')?.trim() ?? '');
  return match?.[0].toLowerCase() ?? '';
}
