import { InvalidResponseError } from '../core/errors.js';
import type { RequestContext } from './request-context.js';

/**
 * The error of an answer that is not what was asked for.
 * @param what follows the endpoint's name: `answered with nothing`. Never the content.
 */
export function invalidResponse(what: string, context: RequestContext): InvalidResponseError {
  return new InvalidResponseError(`${context.endpoint.name} ${what}`, context);
}

/** The error of an answer that is larger than its limit. */
export function responseTooLarge(limitBytes: number, context: RequestContext): InvalidResponseError {
  const message = `${context.endpoint.name} answered with more than ${limitBytes} bytes`;
  return new InvalidResponseError(message, context, 'RESPONSE_TOO_LARGE');
}
