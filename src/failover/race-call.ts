import type { UserAbort } from '../core/user-abort.js';
import type { Attempt } from './attempt.js';
import type { AttemptSource, RaceControls } from './attempt-source.js';
import type { SortOwn } from './line-up.js';
import type { Target } from './target.js';

/** What a race is about. */
export interface RaceCall {
  /** The type the agent asked for. */
  modelType: string;
  params: unknown;
  /** The answer is asked for as a stream. */
  streams: boolean;
  /** In the order in which they are to be asked; at least one. */
  targets: readonly Target[];
  /** See `LineUp`. */
  sortOwn?: SortOwn;
  /** The call rehearses an outage: own endpoints are asked before the primary. */
  drill?: boolean;
  userAbort: UserAbort;
  /** Calls the provider. `quiet`: chunks of a cut stream were delivered, so this attempt must deliver none. */
  invoke(attempt: Attempt, quiet: boolean): Promise<unknown>;
  /** What starts the attempts. @default the targets, one after the other */
  source?(race: RaceControls): AttemptSource;
  /**
   * Is called with the answer and the target that gave it, once the call is settled.
   * @param isFirst no other target had been asked, or passed over.
   */
  onAnswer(target: Target, value: unknown, isFirst: boolean): void;
  /**
   * Gives the caller a text in place of an answer.
   * @param quiet chunks of a cut stream were delivered, so it must deliver none.
   * @returns what the call resolves to.
   */
  say(text: string, quiet: boolean): Promise<unknown>;
  /** The call is settled, once. */
  onSettled(): void;
  /** Ends the stream that a cut attempt left open. */
  endStream?(): void;
}
