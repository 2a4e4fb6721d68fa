import { isElizaNetError } from '../core/elizanet-error.js';

/** The upstream's error message; '' without one. */
export function upstreamWords(error: unknown): string {
  const words = (error as { upstreamMessage?: unknown } | undefined)?.upstreamMessage;
  return typeof words === 'string' ? words : '';
}

/** The error in one line, without the key. */
export function describeFailure(error: unknown): string {
  if (!isElizaNetError(error)) return error instanceof Error ? error.message : 'unknown';
  const { message, requestId, statusCode, kind } = error;
  // They can only quote the doctor's own prompt. Those of a refused key may quote the key. LiteLLM's second line on is a
  // stack trace.
  const [line = ''] = upstreamWords(error).split('\n');
  const words = kind === 'auth' ? '' : line.slice(0, 200);
  // Without a response the request is in no upstream log.
  const id = requestId && statusCode ? ` [request ${requestId}]` : '';
  return `${message}${words && `: ${JSON.stringify(words)}`}${id}`;
}

/** The system's code of a failed connection, such as `ECONNREFUSED`. */
export function codeOf({ cause }: Error): string | undefined {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
