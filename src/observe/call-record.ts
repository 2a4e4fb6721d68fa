import type { AttemptRecord } from '../core/failover-errors.js';

/** How a call without an answer ended, other than by an error of its providers. */
export interface CallNote {
  /** No provider answered, and a placeholder vector was served. */
  placeholder?: true;
  /** No provider answered, and the caller got `ELIZANET_UNANSWERED_TEXT` in place of an error. */
  unansweredText?: true;
  /** The caller stopped waiting. */
  aborted?: true;
}

/** What was tried for one call. */
export interface CallRecord extends CallNote {
  /** A UUID. Log lines of the call have it as `callId`, and its span as `elizanet.call.id`. */
  id: string;
  /** The type the agent asked for. */
  modelType: string;
  /** When the call ended, in milliseconds since the epoch. */
  endedAt: number;
  durationMs: number;
  answered: boolean;
  /** It was sent to ElizaNet although its primary worked (`ELIZANET_DRILL`). */
  drill?: true;
  /** In the order in which their turn came. */
  attempts: readonly AttemptRecord[];
}

/** True when the call had one attempt, which did not fail or was left by its caller; false for a drill. */
export function isRoutine({ attempts, answered, aborted, drill }: CallRecord): boolean {
  const ended = answered || aborted;
  return !drill && ended === true && attempts.length === 1 && attempts[0]?.failure === undefined;
}

/** True when another than the first provider has answered; false when the first one was faster than its hedge. */
export function hasFailedOver({ attempts, answered }: CallRecord): boolean {
  return answered && attempts[0]?.outcome !== 'answered';
}

/** True for a drill that ElizaNet has answered, as in an outage. */
export function isPassedDrill({ drill, attempts }: CallRecord): boolean {
  return drill === true && attempts.some(({ own, outcome }) => own && outcome === 'answered');
}
