import { classifyResponse } from '../core/classify-failure.js';
import { isRecord } from '../core/is-record.js';
import type { RequestContext } from './request-context.js';
import { messageIn, statusError } from './status-error.js';

/** Of an error that states neither a status nor a known code: the upstream is taken to have failed. */
const DEFAULT_STATUS = 500;

/**
 * Finds an error that was sent under status 200, in a whole answer or in one event of a stream. Places where servers put
 * it: `error` at the top (OpenAI, LiteLLM, Anthropic), in a choice (OpenRouter) or in `provider_specific_fields`
 * (LiteLLM); and without the key `error`, in `object` or `type` (vLLM), `detail` (FastAPI), `message` or `code`.
 * @returns the error, of the kind that its code states, else of kind `server`; undefined when there is none.
 */
export function errorInAnswer(given: unknown, context: RequestContext): Error | undefined {
  // Google puts an error into a list.
  const answer: unknown = Array.isArray(given) ? given[0] : given;
  if (!isRecord(answer)) return undefined;
  const holder = [answer, ...innerHolders(answer)].find(({ error }) => isStated(error));
  if (holder) return answerError(holder, context);
  return isErrorItself(answer) ? answerError(answer, context) : undefined;
}

/** Makes the error of an answer that is one. @param answer text, or parsed. */
export function answerError(answer: unknown, context: RequestContext): Error {
  const nowMs = context.endpoint.clock.wallNow();
  const failure = classifyResponse({ status: 200, body: answer }, nowMs, { request: context.sent });
  const kind = failure.kind === 'unknown' ? 'server' : failure.kind;
  return statusError(failure.statusCode ?? DEFAULT_STATUS, messageIn(answer), context, { ...failure, kind });
}

/** The choices of an answer, with the messages and LiteLLM's fields in them. */
function innerHolders(answer: Record<string, unknown>): Record<string, unknown>[] {
  const choices = Array.isArray(answer.choices) ? answer.choices.filter(isRecord) : [];
  const parts = choices.flatMap(({ delta, message }) => [delta, message]).filter(isRecord);
  const holders = [...choices, ...parts];
  const fields = [answer, ...holders].map((holder) => holder.provider_specific_fields).filter(isRecord);
  return [...holders, ...fields];
}

/** Some servers send an empty `error` with every good answer. */
function isStated(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return !!error;
}

function isErrorItself(answer: Record<string, unknown>): boolean {
  const { object, type, choices, error, errors, detail, message, code, status } = answer;
  if (object === 'error' || type === 'error') return true;
  if (Array.isArray(choices)) return false;
  const isNamed = isStated(errors) || isStated(detail) || (typeof message === 'string' && message !== '');
  return isNamed || (error !== undefined && error !== null) || isErrorStatus(code) || isErrorStatus(status);
}

function isErrorStatus(value: unknown): boolean {
  const status = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return (status >= 400 && status < 600) || value === 'error' || value === 'failed';
}
