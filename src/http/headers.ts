import { PROVIDER_NAME } from '../core/provider-name.js';
import type { ResponseHeaders } from './transport/transport.js';

/** By this header LiteLLM takes a request's id from us and echoes it, or says which one it made up. */
const CALL_ID_HEADER = 'x-litellm-call-id';

/** Media types that an answer is asked for in. */
export type Accept = 'application/json' | 'text/event-stream' | 'audio/*';

export interface HeaderInput {
  apiKey?: string;
  /** A UUID. LiteLLM does not validate it and logs it, so nothing else may go there. */
  requestId: string;
  /** Told to LiteLLM too: it goes on with a call that we have abandoned until its own, much longer, limit. */
  timeoutMs: number;
  accept: Accept;
  /** What is sent. @default 'application/json' */
  contentType?: string;
  /** Asks for a connection of its own, which ends with the answer. */
  closeConnection?: boolean;
}

/** Builds the headers of a request, their names in lower case. */
export function buildHeaders(input: HeaderInput): Record<string, string> {
  const { apiKey, requestId, timeoutMs, accept, contentType = 'application/json', closeConnection } = input;
  const headers: Record<string, string> = {
    'content-type': contentType,
    accept,
    // A proxy that compresses a stream holds its chunks back until there are enough of them.
    'accept-encoding': accept === 'text/event-stream' ? 'identity' : 'gzip, deflate, br',
    'user-agent': PROVIDER_NAME,
    [CALL_ID_HEADER]: requestId,
    'x-litellm-timeout': String(Math.max(1, Math.ceil(timeoutMs / 1000))),
  };
  if (closeConnection) headers.connection = 'close';
  if (apiKey) headers.authorization = `Bearer ${apiKey}`;
  return headers;
}

/** The id the server knows a request by. It goes into logs, so only what can be an id is taken for one. */
export function readCallId(headers: ResponseHeaders): string | undefined {
  const id = headers.get(CALL_ID_HEADER);
  return id && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** The media type alone: it goes into messages, so only what can be one is taken for one. */
export function readContentType(headers: ResponseHeaders): string {
  const match = /^[\w.+-]{1,40}\/[\w.+-]{1,80}/.exec(headers.get('content-type')?.trim() ?? '');
  return match?.[0].toLowerCase() ?? '';
}
