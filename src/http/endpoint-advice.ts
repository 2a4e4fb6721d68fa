import type { FailureKind } from '../core/failure-rules.js';

/**
 * What to do about a failure of one endpoint, by situation. Each text completes an error's message, after a semicolon or
 * a colon: `raise the time limit`. A message without its text ends before it.
 */
export interface EndpointAdvice {
  /** All connections were in use until the time limit. */
  readonly busy?: string;
  /** The connection failed, timed out, or answered in another protocol than HTTP. */
  readonly unreachable?: string;
  /** The answer did not begin, or did not end, within the time limit. */
  readonly slow?: string;
  /** It redirects to another origin. */
  readonly redirected?: string;
  /** It has no such path: 404 or 405. */
  readonly unknownPath?: string;
  /** It answered with an error status, by the kind of failure. */
  readonly status?: Readonly<Partial<Record<FailureKind, string>>>;
}
