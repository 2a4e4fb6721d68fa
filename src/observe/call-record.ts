import type { AttemptRecord } from '../core/failover-errors.js';

/** How a call without an answer ended, other than by an error of its providers. */
export interface CallNote {
  /** No provider answered, and a placeholder vector was served. */
  placeholder?: true;
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
  /** In order; providers whose circuit was open first. */
  attempts: readonly AttemptRecord[];
}

/** True when the call had one attempt, and that one did not fail. */
export function isRoutine({ attempts }: CallRecord): boolean {
  return attempts.length === 1 && attempts[0]?.failure === undefined;
}
